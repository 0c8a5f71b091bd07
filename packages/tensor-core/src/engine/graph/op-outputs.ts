/**
 * The output names of TensorFlow's stateless operations, from its registry (`TF_GetAllOpList`, 2.21):
 * inside a function an edge is written node:output:index. What is not listed here cannot be traced.
 */
const OPERATIONS: { readonly [outputs: string]: string } = {
  activations: "Elu LeakyRelu Relu Relu6 Selu Softplus",
  backprops: "EluGrad Relu6Grad ReluGrad SeluGrad",
  band: "MatrixBandPart",
  bins: "Bincount",
  crops: "CropAndResize",
  dense: "SparseToDense",
  filter_backprop: "Dilation2DBackpropFilter",
  in_backprop: "Dilation2DBackpropInput",
  logsoftmax: "LogSoftmax",
  "loss backprop": "SoftmaxCrossEntropyWithLogits SparseSoftmaxCrossEntropyWithLogits",
  out: "Complex Cumprod Cumsum",
  output:
    "All Any ArgMax ArgMin AvgPool AvgPool3D AvgPool3DGrad AvgPoolGrad BatchMatMul BatchMatMulV2 BatchMatMulV3 BatchToSpaceND BiasAdd BiasAddGrad Bitcast BroadcastTo ClipByValue ConcatV2 Const Conv2D Conv2DBackpropFilter Conv2DBackpropInput Conv3D Conv3DBackpropFilterV2 Conv3DBackpropInputV2 DepthToSpace DepthwiseConv2dNative DepthwiseConv2dNativeBackpropFilter DepthwiseConv2dNativeBackpropInput Diag Dilation2D Einsum ExpandDims FFT Fill GatherNd GatherV2 Identity IFFT Imag L2Loss LinSpace LRN LRNGrad MatrixDiagV3 Max MaxPool MaxPool3D MaxPool3DGrad MaxPoolGrad Mean Min MirrorPad OneHot Pack Pad PadV2 Prod Range Real Reshape ResizeBilinearGrad ResizeNearestNeighborGrad ReverseV2 Roll ScatterNd SegmentSum Select SelectV2 Slice SpaceToBatchND Split SplitV Squeeze StatelessRandomUniformFullIntV2 StatelessWhile StridedSlice Sum TensorScatterUpdate Tile Unpack UnsortedSegmentSum",
  product: "MatMul",
  r0: "BroadcastArgs",
  results:
    "LabAffine LabAttention LabAttentionGrad LabCachedAttention LabConvolution LabConvolutionFilterGrad LabConvolutionInputGrad LabCrossEntropy LabCrossEntropyGrad LabDot LabGelu LabGeluGrad LabMatMul LabMaxPool LabMaxPoolGrad LabNorm LabNormGrad LabNormal LabReluNetwork LabReluNetworkGrad",
  resized_images: "ResizeBilinear ResizeNearestNeighbor",
  selected_indices: "NonMaxSuppressionV3",
  "selected_indices selected_scores valid_outputs": "NonMaxSuppressionV5",
  "selected_indices valid_outputs": "NonMaxSuppressionV4",
  softmax: "Softmax",
  sum: "AddN",
  "values indices": "TopKV2",
  y: "Abs Acos Acosh Asin Asinh Atan Atanh Cast Ceil ComplexAbs Cos Cosh Digamma Erf Erfinv Exp Expm1 Floor Inv InvertPermutation IsFinite IsInf IsNan Lgamma Log Log1p LogicalNot Neg OnesLike Reciprocal Rint Round Rsqrt Sigmoid Sign Sin Sinh Sqrt Square Tan Tanh Transpose ZerosLike",
  "y batch_mean batch_variance reserve_space_1 reserve_space_2": "FusedBatchNorm",
  "y batch_mean batch_variance reserve_space_1 reserve_space_2 reserve_space_3": "FusedBatchNormV3",
  z: "Add AddV2 Atan2 BitwiseAnd BitwiseOr BitwiseXor Div DivNoNan Equal FloorDiv FloorMod Greater GreaterEqual LeftShift Less LessEqual LogicalAnd LogicalOr Maximum Minimum Mul NotEqual Pow RealDiv RightShift RsqrtGrad SigmoidGrad SqrtGrad SquaredDifference Sub TanhGrad Xlog1py Xlogy",
};

const OUTPUTS = new Map(Object.entries(OPERATIONS).flatMap(([outputs, operations]) => operations.split(" ").map((op) => [op, outputs.split(" ")] as const)));

/** Whether an operation is pure and known. */
export function isTraceable(op: string): boolean {
  return OUTPUTS.has(op);
}

/** How a function body refers to output `i` of `node`, an instance of `op`. */
export function outputReference(op: string, node: string, i: number): string {
  const names = OUTPUTS.get(op)!;
  return names.length === 1 ? `${node}:${names[0]}:${i}` : `${node}:${names[i]}:0`;
}
