// Operations that TensorFlow lacks, registered in both of its ways: as kernels of operations of our own, for single calls and plain graphs, and as
// targets of XLA's custom calls, for graphs that XLA compiles.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>
#include <node_api.h>
#include "attention.h"
#include "cache.h"
#include "convolution.h"
#include "few-rows.h"
#include "mat-mul.h"
#include "normal.h"
#include "relu-network.h"
#include "rows.h"

// What is used of TensorFlow's C API, whose binary interface is stable.
extern "C" {
typedef struct TF_Status TF_Status;
typedef struct TF_Tensor TF_Tensor;
typedef struct TF_OpKernelContext TF_OpKernelContext;
typedef struct TF_OpKernelConstruction TF_OpKernelConstruction;
typedef struct TF_KernelBuilder TF_KernelBuilder;
typedef struct TF_OpDefinitionBuilder TF_OpDefinitionBuilder;
typedef struct TF_ShapeInferenceContext TF_ShapeInferenceContext;
TF_Status* TF_NewStatus();
void TF_DeleteStatus(TF_Status*);
void TF_SetStatus(TF_Status*, int code, const char* message);
int TF_GetCode(const TF_Status*);
int TF_NumDims(const TF_Tensor*);
int64_t TF_Dim(const TF_Tensor*, int);
void* TF_TensorData(const TF_Tensor*);
void TF_DeleteTensor(TF_Tensor*);
void TF_GetInput(TF_OpKernelContext*, int, TF_Tensor**, TF_Status*);
TF_Tensor* TF_AllocateOutput(TF_OpKernelContext*, int, int, const int64_t*, int, size_t, TF_Status*);
void TF_OpKernelContext_Failure(TF_OpKernelContext*, TF_Status*);
void TF_OpKernelConstruction_GetAttrBool(TF_OpKernelConstruction*, const char*, unsigned char*, TF_Status*);
void TF_OpKernelConstruction_GetAttrInt32(TF_OpKernelConstruction*, const char*, int32_t*, TF_Status*);
void TF_OpKernelConstruction_GetAttrInt64List(TF_OpKernelConstruction*, const char*, int64_t*, int, TF_Status*);
void TF_OpKernelConstruction_GetAttrFloat(TF_OpKernelConstruction*, const char*, float*, TF_Status*);
TF_KernelBuilder* TF_NewKernelBuilder(const char*, const char*, void* (*)(TF_OpKernelConstruction*), void (*)(void*, TF_OpKernelContext*), void (*)(void*));
void TF_RegisterKernelBuilder(const char*, TF_KernelBuilder*, TF_Status*);
TF_OpDefinitionBuilder* TF_NewOpDefinitionBuilder(const char*);
void TF_OpDefinitionBuilderAddAttr(TF_OpDefinitionBuilder*, const char*);
void TF_OpDefinitionBuilderAddInput(TF_OpDefinitionBuilder*, const char*);
void TF_OpDefinitionBuilderAddOutput(TF_OpDefinitionBuilder*, const char*);
void TF_OpDefinitionBuilderSetShapeInferenceFunction(TF_OpDefinitionBuilder*, void (*)(TF_ShapeInferenceContext*, TF_Status*));
void TF_RegisterOpDefinition(TF_OpDefinitionBuilder*, TF_Status*);
void TF_ShapeInferenceContextSetUnknownShape(TF_ShapeInferenceContext*, TF_Status*);
}

namespace xla {
class CustomCallTargetRegistry {
 public:
  static CustomCallTargetRegistry* Global();
  void Register(const std::string& symbol, void* address, const std::string& platform);
};
}  // namespace xla

namespace {

constexpr int FLOAT = 1, INVALID_ARGUMENT = 3;

// The inputs of one call of a kernel, and its failures.
struct Call {
  TF_OpKernelContext* context;
  TF_Status* status = TF_NewStatus();
  std::vector<TF_Tensor*> tensors;
  ~Call() {
    for (TF_Tensor* tensor : tensors) TF_DeleteTensor(tensor);
    TF_DeleteStatus(status);
  }
  TF_Tensor* input(int i) {
    TF_Tensor* tensor = nullptr;
    TF_GetInput(context, i, &tensor, status);
    tensors.push_back(tensor);
    return tensor;
  }
  float* output(const std::vector<int64_t>& shape, int index = 0) {
    int64_t size = 1;
    for (int64_t n : shape) size *= n;
    TF_Tensor* tensor = TF_AllocateOutput(context, index, FLOAT, shape.data(), static_cast<int>(shape.size()), static_cast<size_t>(size) * 4, status);
    tensors.push_back(tensor);
    if (TF_GetCode(status) != 0) return TF_OpKernelContext_Failure(context, status), nullptr;
    return static_cast<float*>(TF_TensorData(tensor));
  }
  void fail(const char* message) {
    TF_SetStatus(status, INVALID_ARGUMENT, message);
    TF_OpKernelContext_Failure(context, status);
  }
};

void unknown(TF_ShapeInferenceContext* context, TF_Status* status) { TF_ShapeInferenceContextSetUnknownShape(context, status); }

// Reads the numbers of a custom call's configuration, in decimal, a space between two.
struct Numbers {
  const char* at;
  const char* end;
  long next() {
    long n = 0;
    while (at < end && *at == ' ') at++;
    while (at < end && *at != ' ') n = 10 * n + (*at++ - '0');
    return n;
  }
};

const float* floats(TF_Tensor* x) { return static_cast<const float*>(TF_TensorData(x)); }
const int32_t* integers(TF_Tensor* x) { return static_cast<const int32_t*>(TF_TensorData(x)); }
template <class T>
const T* operand(const void** in, int i) { return static_cast<const T*>(in[i]); }
// One result comes as itself, several as a list.
float* result(void* out) { return static_cast<float*>(out); }
float* result(void* out, int i) { return static_cast<float*>(static_cast<void**>(out)[i]); }

struct Product {
  long batch, rows, columns, depth;
  bool turned_a, turned_b;
};

// Products of few numbers are not worth waking anyone.
constexpr double SHARED = 1e6;

void products(const Product& p, const float* a, const float* b, float* c) {
  if (p.batch == 1 && p.rows <= lab::few::MOST && !p.turned_a) return p.turned_b ? lab::few::turned(a, b, c, p.rows, p.columns, p.depth) : lab::few::natural(a, b, nullptr, c, p.rows, p.columns, p.depth);
  const auto one = [&](long i, bool shared) {
    lab::tiles::mat_mul({a + i * p.rows * p.depth, p.turned_a ? p.rows : p.depth, p.turned_a}, {b + i * p.depth * p.columns, p.turned_b ? p.depth : p.columns, p.turned_b},
                      c + i * p.rows * p.columns, p.rows, p.columns, p.depth, shared);
  };
  const bool worth = static_cast<double>(p.rows) * p.columns * p.depth * p.batch > SHARED;
  if (worth && p.batch >= 2 * lab::Crew::here().size()) return lab::Crew::here().share(static_cast<int>(p.batch), [&](int i) { one(i, false); });
  for (long i = 0; i < p.batch; i++) one(i, worth);
}

void mat_mul_call(void* out, const void** in, const char* opaque, size_t size, void*) {
  Numbers numbers{opaque, opaque + size};
  Product p{};
  p.batch = numbers.next(), p.rows = numbers.next(), p.columns = numbers.next(), p.depth = numbers.next();
  p.turned_a = numbers.next() != 0, p.turned_b = numbers.next() != 0;
  products(p, static_cast<const float*>(in[0]), static_cast<const float*>(in[1]), static_cast<float*>(out));
}

void affine(const float* x, const float* kernel, const float* bias, float* y, long rows, long columns, long depth) {
  if (rows <= lab::few::MOST) return lab::few::natural(x, kernel, bias, y, rows, columns, depth);
  lab::tiles::affine({x, depth, false}, {kernel, columns, false}, bias, y, rows, columns, depth, true);
}

void affine_call(void* out, const void** in, const char* opaque, size_t size, void*) {
  Numbers numbers{opaque, opaque + size};
  const long rows = numbers.next(), columns = numbers.next(), depth = numbers.next();
  affine(operand<float>(in, 0), operand<float>(in, 1), operand<float>(in, 2), result(out), rows, columns, depth);
}
void affine_kernel(void*, TF_OpKernelContext* context) {
  Call call{context};
  TF_Tensor *x = call.input(0), *kernel = call.input(1), *bias = call.input(2);
  const long rows = TF_Dim(x, 0), depth = TF_Dim(x, 1), columns = TF_Dim(kernel, 1);
  float* y = call.output({rows, columns});
  if (y != nullptr) affine(floats(x), floats(kernel), floats(bias), y, rows, columns, depth);
}

struct Turned {
  bool a, b;
};

void* mat_mul_made(TF_OpKernelConstruction* construction) {
  TF_Status* status = TF_NewStatus();
  unsigned char a = 0, b = 0;
  TF_OpKernelConstruction_GetAttrBool(construction, "adj_x", &a, status);
  TF_OpKernelConstruction_GetAttrBool(construction, "adj_y", &b, status);
  TF_DeleteStatus(status);
  return new Turned{a != 0, b != 0};
}

void mat_mul_kernel(void* kernel, TF_OpKernelContext* context) {
  Call call{context};
  const Turned& turned = *static_cast<Turned*>(kernel);
  TF_Tensor *a = call.input(0), *b = call.input(1);
  const int rank = TF_NumDims(a);
  if (rank < 2 || TF_NumDims(b) != rank) return call.fail("Cannot multiply: expected factors of the same rank, at least 2");
  std::vector<int64_t> shape;
  Product p{1, 0, 0, 0, turned.a, turned.b};
  for (int i = 0; i < rank - 2; i++) {
    if (TF_Dim(a, i) != TF_Dim(b, i)) return call.fail("Cannot multiply: expected batches of the same shape");
    shape.push_back(TF_Dim(a, i));
    p.batch *= shape.back();
  }
  p.rows = TF_Dim(a, turned.a ? rank - 1 : rank - 2), p.depth = TF_Dim(a, turned.a ? rank - 2 : rank - 1);
  p.columns = TF_Dim(b, turned.b ? rank - 2 : rank - 1);
  if (TF_Dim(b, turned.b ? rank - 1 : rank - 2) != p.depth) return call.fail("Cannot multiply: expected as many columns on the left as rows on the right");
  shape.push_back(p.rows), shape.push_back(p.columns);
  float* c = call.output(shape);
  if (c != nullptr) products(p, static_cast<const float*>(TF_TensorData(a)), static_cast<const float*>(TF_TensorData(b)), c);
}

void normal_call(void* out, const void** in, const char* opaque, size_t size, void*) {
  Numbers numbers{opaque, opaque + size};
  const long count = numbers.next(), domain = numbers.next();
  const uint32_t* key = static_cast<const uint32_t*>(in[0]);
  lab::normals(key[0], key[1], static_cast<uint32_t>(domain), count, static_cast<float*>(out));
}

void normal_kernel(void*, TF_OpKernelContext* context) {
  Call call{context};
  const uint32_t* key = static_cast<const uint32_t*>(TF_TensorData(call.input(0)));
  const int32_t* size = static_cast<const int32_t*>(TF_TensorData(call.input(1)));
  float* out = call.output({size[0]});
  if (out != nullptr) lab::normals(key[0], key[1], static_cast<uint32_t>(size[1]), size[0], out);
}

// Rows of a tensor over its last axis.
struct Rows {
  long count = 1, width;
  std::vector<int64_t> shape;
  explicit Rows(const TF_Tensor* x) : width(0) {
    for (int i = 0; i < TF_NumDims(x); i++) shape.push_back(TF_Dim(x, i));
    if (shape.empty()) return;
    width = shape.back();
    for (size_t i = 0; i + 1 < shape.size(); i++) count *= shape[i];
  }
};

void dot_call(void* out, const void** in, const char* opaque, size_t size, void*) {
  *result(out) = lab::rows::dot(operand<float>(in, 0), operand<float>(in, 1), Numbers{opaque, opaque + size}.next());
}
void dot_kernel(void*, TF_OpKernelContext* context) {
  Call call{context};
  TF_Tensor *a = call.input(0), *b = call.input(1);
  const Rows rows(a);
  float* sum = call.output({});
  if (sum != nullptr) *sum = lab::rows::dot(floats(a), floats(b), rows.count * rows.width);
}

void gelu_call(void* out, const void** in, const char* opaque, size_t size, void*) {
  lab::rows::gelu(operand<float>(in, 0), Numbers{opaque, opaque + size}.next(), result(out));
}
void gelu_kernel(void*, TF_OpKernelContext* context) {
  Call call{context};
  TF_Tensor* x = call.input(0);
  const Rows rows(x);
  float* y = call.output(rows.shape);
  if (y != nullptr) lab::rows::gelu(floats(x), rows.count * rows.width, y);
}

void gelu_grad_call(void* out, const void** in, const char* opaque, size_t size, void*) {
  lab::rows::gelu_grad(operand<float>(in, 0), operand<float>(in, 1), Numbers{opaque, opaque + size}.next(), result(out));
}
void gelu_grad_kernel(void*, TF_OpKernelContext* context) {
  Call call{context};
  TF_Tensor *x = call.input(0), *dy = call.input(1);
  const Rows rows(x);
  float* dx = call.output(rows.shape);
  if (dx != nullptr) lab::rows::gelu_grad(floats(x), floats(dy), rows.count * rows.width, dx);
}

void cross_entropy_call(void* out, const void** in, const char* opaque, size_t size, void*) {
  Numbers numbers{opaque, opaque + size};
  const long rows = numbers.next(), classes = numbers.next();
  lab::rows::cross_entropy(operand<float>(in, 0), operand<int32_t>(in, 1), rows, classes, result(out, 0), result(out, 1), result(out, 2));
}
void cross_entropy_kernel(void*, TF_OpKernelContext* context) {
  Call call{context};
  TF_Tensor *z = call.input(0), *labels = call.input(1);
  const Rows rows(z);
  float *loss = call.output({rows.count}), *most = call.output({rows.count}, 1), *rest = call.output({rows.count}, 2);
  if (loss != nullptr && most != nullptr && rest != nullptr) lab::rows::cross_entropy(floats(z), integers(labels), rows.count, rows.width, loss, most, rest);
}

void cross_entropy_grad_call(void* out, const void** in, const char* opaque, size_t size, void*) {
  Numbers numbers{opaque, opaque + size};
  const long rows = numbers.next(), classes = numbers.next();
  lab::rows::cross_entropy_grad(operand<float>(in, 0), operand<int32_t>(in, 1), operand<float>(in, 2), operand<float>(in, 3), operand<float>(in, 4), rows, classes, result(out));
}
void cross_entropy_grad_kernel(void*, TF_OpKernelContext* context) {
  Call call{context};
  TF_Tensor *z = call.input(0), *labels = call.input(1), *most = call.input(2), *rest = call.input(3), *dy = call.input(4);
  const Rows rows(z);
  float* dz = call.output(rows.shape);
  if (dz != nullptr) lab::rows::cross_entropy_grad(floats(z), integers(labels), floats(most), floats(rest), floats(dy), rows.count, rows.width, dz);
}

// ε travels as the bits of its float.
float float_of(long bits) {
  const uint32_t word = static_cast<uint32_t>(bits);
  float value;
  std::memcpy(&value, &word, 4);
  return value;
}

struct Norm {
  bool centred;
  float eps;
};

void* norm_made(TF_OpKernelConstruction* construction) {
  TF_Status* status = TF_NewStatus();
  unsigned char centred = 0;
  float eps = 0;
  TF_OpKernelConstruction_GetAttrBool(construction, "centred", &centred, status);
  TF_OpKernelConstruction_GetAttrFloat(construction, "eps", &eps, status);
  TF_DeleteStatus(status);
  return new Norm{centred != 0, eps};
}

void norm_call(void* out, const void** in, const char* opaque, size_t size, void*) {
  Numbers numbers{opaque, opaque + size};
  const long rows = numbers.next(), width = numbers.next(), centred = numbers.next();
  lab::rows::norm(operand<float>(in, 0), operand<float>(in, 1), centred != 0 ? operand<float>(in, 2) : nullptr, float_of(numbers.next()), rows, width, result(out, 0), result(out, 1),
                  result(out, 2));
}
void norm_kernel(void* kernel, TF_OpKernelContext* context) {
  Call call{context};
  TF_Tensor *x = call.input(0), *scale = call.input(1), *bias = call.input(2);
  const Norm& made = *static_cast<Norm*>(kernel);
  const Rows rows(x);
  float *y = call.output(rows.shape), *mean = call.output({rows.count}, 1), *inverse = call.output({rows.count}, 2);
  if (y != nullptr && mean != nullptr && inverse != nullptr)
    lab::rows::norm(floats(x), floats(scale), made.centred ? floats(bias) : nullptr, made.eps, rows.count, rows.width, y, mean, inverse);
}

void norm_grad_call(void* out, const void** in, const char* opaque, size_t size, void*) {
  Numbers numbers{opaque, opaque + size};
  const long rows = numbers.next(), width = numbers.next(), centred = numbers.next();
  lab::rows::norm_grad(operand<float>(in, 0), operand<float>(in, 1), operand<float>(in, 2), operand<float>(in, 3), operand<float>(in, 4), centred != 0, rows, width, result(out, 0),
                       result(out, 1), result(out, 2));
}
void norm_grad_kernel(void* kernel, TF_OpKernelContext* context) {
  Call call{context};
  TF_Tensor *x = call.input(0), *scale = call.input(1), *mean = call.input(2), *inverse = call.input(3), *dy = call.input(4);
  const Rows rows(x);
  float *dx = call.output(rows.shape), *dscale = call.output({rows.width}, 1), *dbias = call.output({rows.width}, 2);
  if (dx != nullptr && dscale != nullptr && dbias != nullptr)
    lab::rows::norm_grad(floats(x), floats(scale), floats(mean), floats(inverse), floats(dy), static_cast<Norm*>(kernel)->centred, rows.count, rows.width, dx, dscale, dbias);
}

lab::relu_network::Weights weights_of(const void** in) { return {operand<float>(in, 1), operand<float>(in, 2), operand<float>(in, 3), operand<float>(in, 4)}; }
lab::relu_network::Sizes network_of(Numbers& numbers) {
  const long members = numbers.next(), rows = numbers.next(), channels = numbers.next();
  return {members, rows, channels, numbers.next()};
}

// What a network's inputs hold, if they fit each other.
bool network_of(Call& call, TF_Tensor* x, lab::relu_network::Sizes& sizes, lab::relu_network::Weights& weights) {
  TF_Tensor *up = call.input(1), *up_bias = call.input(2), *down = call.input(3), *down_bias = call.input(4);
  if (TF_NumDims(x) != 3 || TF_NumDims(up) != 3) return call.fail("Cannot apply a network: expected rows [member, row, channel] and weights [member, channel, hidden]"), false;
  sizes = {TF_Dim(x, 0), TF_Dim(x, 1), TF_Dim(x, 2), TF_Dim(up, 2)};
  weights = {floats(up), floats(up_bias), floats(down), floats(down_bias)};
  const auto& [members, rows, channels, hidden] = sizes;
  const auto is = [](TF_Tensor* tensor, std::vector<int64_t> shape) { return Rows(tensor).shape == shape; };
  if (is(up, {members, channels, hidden}) && is(up_bias, {members, 1, hidden}) && is(down, {members, hidden, channels}) && is(down_bias, {members, 1, channels}) &&
      channels % 2 == 0 && channels <= lab::relu_network::MOST)
    return true;
  return call.fail("Cannot apply a network: expected an even number of at most 16 channels, and weights that fit"), false;
}

void relu_network_call(void* out, const void** in, const char* opaque, size_t size, void*) {
  Numbers numbers{opaque, opaque + size};
  lab::relu_network::forward(network_of(numbers), weights_of(in), operand<float>(in, 0), result(out));
}
void relu_network_kernel(void*, TF_OpKernelContext* context) {
  Call call{context};
  TF_Tensor* x = call.input(0);
  lab::relu_network::Sizes sizes{};
  lab::relu_network::Weights weights{};
  if (!network_of(call, x, sizes, weights)) return;
  float* y = call.output(Rows(x).shape);
  if (y != nullptr) lab::relu_network::forward(sizes, weights, floats(x), y);
}

void relu_network_grad_call(void* out, const void** in, const char* opaque, size_t size, void*) {
  Numbers numbers{opaque, opaque + size};
  lab::relu_network::backward(network_of(numbers), weights_of(in), operand<float>(in, 0), operand<float>(in, 5), {result(out, 0), result(out, 1), result(out, 2), result(out, 3), result(out, 4)});
}
void relu_network_grad_kernel(void*, TF_OpKernelContext* context) {
  Call call{context};
  TF_Tensor *x = call.input(0), *dy = call.input(5);
  lab::relu_network::Sizes sizes{};
  lab::relu_network::Weights weights{};
  if (!network_of(call, x, sizes, weights)) return;
  const auto& [members, rows, channels, hidden] = sizes;
  const lab::relu_network::Gradients to{call.output(Rows(x).shape), call.output({members, channels, hidden}, 1), call.output({members, 1, hidden}, 2),
                                        call.output({members, hidden, channels}, 3), call.output({members, 1, channels}, 4)};
  if (to.x != nullptr && to.up != nullptr && to.up_bias != nullptr && to.down != nullptr && to.down_bias != nullptr)
    lab::relu_network::backward(sizes, weights, floats(x), floats(dy), to);
}

struct HeadCounts {
  int32_t heads, shared;
};

void* attention_made(TF_OpKernelConstruction* construction) {
  TF_Status* status = TF_NewStatus();
  auto* counts = new HeadCounts{1, 1};
  TF_OpKernelConstruction_GetAttrInt32(construction, "heads", &counts->heads, status);
  TF_OpKernelConstruction_GetAttrInt32(construction, "shared", &counts->shared, status);
  TF_DeleteStatus(status);
  return counts;
}

// Segments of no element stand for none.
lab::Heads heads_of(Numbers& numbers, const int32_t* segments) {
  const long batch = numbers.next(), time = numbers.next(), heads = numbers.next(), shared = numbers.next(), depth = numbers.next();
  return {batch, time, heads, shared, depth, numbers.next() != 0 ? segments : nullptr};
}

bool heads_of(Call& call, const HeadCounts& counts, TF_Tensor* qkv, TF_Tensor* segments, lab::Heads& heads) {
  const long parts = counts.heads + 2 * counts.shared;
  if (TF_NumDims(qkv) != 3 || TF_Dim(qkv, 2) % parts != 0) return call.fail("Cannot attend: expected queries, keys and values [batch, time, channel]"), false;
  const long segmented = Rows(segments).count * Rows(segments).width;
  heads = {TF_Dim(qkv, 0), TF_Dim(qkv, 1), counts.heads, counts.shared, TF_Dim(qkv, 2) / parts, segmented > 0 ? integers(segments) : nullptr};
  if (segmented > 0 && segmented != heads.batch * heads.time) return call.fail("Cannot attend: expected a segment for each position"), false;
  return true;
}

void attention_call(void* out, const void** in, const char* opaque, size_t size, void*) {
  Numbers numbers{opaque, opaque + size};
  lab::attention::forward(heads_of(numbers, operand<int32_t>(in, 1)), operand<float>(in, 0), result(out, 0), result(out, 1));
}
void attention_kernel(void* kernel, TF_OpKernelContext* context) {
  Call call{context};
  TF_Tensor *qkv = call.input(0), *segments = call.input(1);
  lab::Heads heads{};
  if (!heads_of(call, *static_cast<HeadCounts*>(kernel), qkv, segments, heads)) return;
  float *heard = call.output({heads.batch, heads.time, heads.heard()}), *total = call.output({heads.batch, heads.heads, heads.time}, 1);
  if (heard != nullptr && total != nullptr) lab::attention::forward(heads, floats(qkv), heard, total);
}

void attention_grad_call(void* out, const void** in, const char* opaque, size_t size, void*) {
  Numbers numbers{opaque, opaque + size};
  lab::attention::backward(heads_of(numbers, operand<int32_t>(in, 1)), operand<float>(in, 0), operand<float>(in, 2), operand<float>(in, 3), operand<float>(in, 4), result(out));
}
void attention_grad_kernel(void* kernel, TF_OpKernelContext* context) {
  Call call{context};
  TF_Tensor *qkv = call.input(0), *segments = call.input(1), *heard = call.input(2), *total = call.input(3), *dy = call.input(4);
  lab::Heads heads{};
  if (!heads_of(call, *static_cast<HeadCounts*>(kernel), qkv, segments, heads)) return;
  float* dqkv = call.output(Rows(qkv).shape);
  if (dqkv != nullptr) lab::attention::backward(heads, floats(qkv), floats(heard), floats(total), floats(dy), dqkv);
}

void cached_attention_call(void* out, const void** in, const char* opaque, size_t size, void*) {
  Numbers numbers{opaque, opaque + size};
  lab::cache::Sizes sizes{};
  sizes.streams = numbers.next(), sizes.time = numbers.next(), sizes.heads = numbers.next(), sizes.shared = numbers.next(), sizes.depth = numbers.next(), sizes.capacity = numbers.next();
  lab::cache::attend(sizes, operand<float>(in, 0), operand<float>(in, 1), operand<int32_t>(in, 2), result(out));
}
void cached_attention_kernel(void* kernel, TF_OpKernelContext* context) {
  Call call{context};
  const HeadCounts& counts = *static_cast<HeadCounts*>(kernel);
  TF_Tensor *rows = call.input(0), *cache = call.input(1), *lengths = call.input(2);
  const long parts = counts.heads + 2 * counts.shared;
  if (TF_NumDims(rows) != 3 || TF_Dim(rows, 2) % parts != 0) return call.fail("Cannot attend: expected queries, keys and values [stream, time, channel]");
  const lab::cache::Sizes sizes{TF_Dim(rows, 0), TF_Dim(rows, 1), counts.heads, counts.shared, TF_Dim(rows, 2) / parts, TF_Dim(cache, 1)};
  float* heard = call.output({sizes.streams, sizes.time, sizes.heads * sizes.depth});
  if (heard != nullptr) lab::cache::attend(sizes, floats(rows), floats(cache), integers(lengths), heard);
}

// What is laid out by numbers that stand in the order of its fields, eleven at most.
union Layout {
  int64_t numbers[11];
  lab::convolution::Sizes sizes;
  lab::convolution::Windows windows;
};
static_assert(sizeof(lab::convolution::Sizes) == sizeof(Layout) && sizeof(lab::convolution::Windows) <= sizeof(Layout) && sizeof(long) == sizeof(int64_t));

template <int COUNT>
void* layout_made(TF_OpKernelConstruction* construction) {
  TF_Status* status = TF_NewStatus();
  auto* layout = new Layout{};
  TF_OpKernelConstruction_GetAttrInt64List(construction, "sizes", layout->numbers, COUNT, status);
  TF_DeleteStatus(status);
  return layout;
}

template <int COUNT>
Layout layout_of(const char* opaque, size_t size) {
  Numbers numbers{opaque, opaque + size};
  Layout layout{};
  for (int i = 0; i < COUNT; i++) layout.numbers[i] = numbers.next();
  return layout;
}

bool holds(Call& call, TF_Tensor* x, std::vector<int64_t> shape) {
  const Rows rows(x);
  if (rows.shape == shape) return true;
  return call.fail("Cannot convolve: expected tensors of the sizes that are given"), false;
}
bool is_input(Call& call, TF_Tensor* x, const lab::convolution::Sizes& s) { return holds(call, x, {s.batch, s.height, s.width, s.inputs}); }
bool is_filter(Call& call, TF_Tensor* w, const lab::convolution::Sizes& s) { return holds(call, w, {s.tall, s.wide, s.inputs, s.outputs}); }
bool is_output(Call& call, TF_Tensor* y, const lab::convolution::Sizes& s) { return holds(call, y, {s.batch, s.out_height, s.out_width, s.outputs}); }

void convolution_call(void* out, const void** in, const char* opaque, size_t size, void*) {
  lab::convolution::forward(layout_of<11>(opaque, size).sizes, operand<float>(in, 0), operand<float>(in, 1), result(out));
}
void convolution_kernel(void* kernel, TF_OpKernelContext* context) {
  Call call{context};
  const auto& s = static_cast<Layout*>(kernel)->sizes;
  TF_Tensor *x = call.input(0), *w = call.input(1);
  if (!is_input(call, x, s) || !is_filter(call, w, s)) return;
  float* y = call.output({s.batch, s.out_height, s.out_width, s.outputs});
  if (y != nullptr) lab::convolution::forward(s, floats(x), floats(w), y);
}

void convolution_input_grad_call(void* out, const void** in, const char* opaque, size_t size, void*) {
  lab::convolution::input_gradient(layout_of<11>(opaque, size).sizes, operand<float>(in, 0), operand<float>(in, 1), result(out));
}
void convolution_input_grad_kernel(void* kernel, TF_OpKernelContext* context) {
  Call call{context};
  const auto& s = static_cast<Layout*>(kernel)->sizes;
  TF_Tensor *w = call.input(0), *dy = call.input(1);
  if (!is_filter(call, w, s) || !is_output(call, dy, s)) return;
  float* dx = call.output({s.batch, s.height, s.width, s.inputs});
  if (dx != nullptr) lab::convolution::input_gradient(s, floats(w), floats(dy), dx);
}

void convolution_filter_grad_call(void* out, const void** in, const char* opaque, size_t size, void*) {
  lab::convolution::filter_gradient(layout_of<11>(opaque, size).sizes, operand<float>(in, 0), operand<float>(in, 1), result(out));
}
void convolution_filter_grad_kernel(void* kernel, TF_OpKernelContext* context) {
  Call call{context};
  const auto& s = static_cast<Layout*>(kernel)->sizes;
  TF_Tensor *x = call.input(0), *dy = call.input(1);
  if (!is_input(call, x, s) || !is_output(call, dy, s)) return;
  float* dw = call.output({s.tall, s.wide, s.inputs, s.outputs});
  if (dw != nullptr) lab::convolution::filter_gradient(s, floats(x), floats(dy), dw);
}

void max_pool_call(void* out, const void** in, const char* opaque, size_t size, void*) {
  lab::convolution::max_pool(layout_of<10>(opaque, size).windows, operand<float>(in, 0), result(out));
}
void max_pool_kernel(void* kernel, TF_OpKernelContext* context) {
  Call call{context};
  const auto& s = static_cast<Layout*>(kernel)->windows;
  TF_Tensor* x = call.input(0);
  if (!holds(call, x, {s.batch, s.height, s.width, s.channels})) return;
  float* y = call.output({s.batch, s.out_height, s.out_width, s.channels});
  if (y != nullptr) lab::convolution::max_pool(s, floats(x), y);
}

void max_pool_grad_call(void* out, const void** in, const char* opaque, size_t size, void*) {
  lab::convolution::max_pool_gradient(layout_of<10>(opaque, size).windows, operand<float>(in, 0), operand<float>(in, 1), operand<float>(in, 2), result(out));
}
void max_pool_grad_kernel(void* kernel, TF_OpKernelContext* context) {
  Call call{context};
  const auto& s = static_cast<Layout*>(kernel)->windows;
  TF_Tensor *x = call.input(0), *y = call.input(1), *dy = call.input(2);
  const std::vector<int64_t> pooled{s.batch, s.out_height, s.out_width, s.channels};
  if (!holds(call, x, {s.batch, s.height, s.width, s.channels}) || !holds(call, y, pooled) || !holds(call, dy, pooled)) return;
  float* dx = call.output(Rows(x).shape);
  if (dx != nullptr) lab::convolution::max_pool_gradient(s, floats(x), floats(y), floats(dy), dx);
}

template <class T>
void freed(void* kernel) {
  delete static_cast<T*>(kernel);
}

// Whether the processor has the vectors that all but the normals are written for.
bool has_vectors() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}

// One operation of ours: its inputs and attributes as TensorFlow writes them, how many results it has, and what computes it in either way.
struct Operation {
  const char* name;
  std::vector<const char*> inputs, attributes;
  void* (*made)(TF_OpKernelConstruction*);
  void (*kernel)(void*, TF_OpKernelContext*);
  void (*freed)(void*);
  const char* target;
  void (*call)(void*, const void**, const char*, size_t, void*);
  bool several = true;
};

void registered(const Operation& op) {
  TF_OpDefinitionBuilder* definition = TF_NewOpDefinitionBuilder(op.name);
  for (const char* attribute : op.attributes) TF_OpDefinitionBuilderAddAttr(definition, attribute);
  if (op.several) TF_OpDefinitionBuilderAddAttr(definition, "results_count: int");
  for (const char* input : op.inputs) TF_OpDefinitionBuilderAddInput(definition, input);
  // Named as the results of XLA's custom calls are, so that one node can be written as the other.
  TF_OpDefinitionBuilderAddOutput(definition, op.several ? "results: results_count * float" : "results: float");
  TF_OpDefinitionBuilderSetShapeInferenceFunction(definition, unknown);
  TF_Status* status = TF_NewStatus();
  TF_RegisterOpDefinition(definition, status);
  TF_RegisterKernelBuilder(op.name, TF_NewKernelBuilder(op.name, "CPU", op.made, op.kernel, op.freed), status);
  TF_DeleteStatus(status);
  xla::CustomCallTargetRegistry::Global()->Register(op.target, reinterpret_cast<void*>(op.call), "Host");
}

}  // namespace

// What this machine can do with them; a second thread of Node finds them registered.
NAPI_MODULE_INIT() {
  static const bool vectors = has_vectors();
  static const bool once = [] {
    registered({"LabNormal", {"key: int32", "size: int32"}, {}, nullptr, normal_kernel, nullptr, "lab_normal", normal_call, false});
    if (!vectors) return true;
    registered({"LabMatMul", {"x: float", "y: float"}, {"adj_x: bool", "adj_y: bool"}, mat_mul_made, mat_mul_kernel, freed<Turned>, "lab_mat_mul", mat_mul_call, false});
    registered({"LabAffine", {"x: float", "kernel: float", "bias: float"}, {}, nullptr, affine_kernel, nullptr, "lab_affine", affine_call});
    registered({"LabDot", {"a: float", "b: float"}, {}, nullptr, dot_kernel, nullptr, "lab_dot", dot_call});
    registered({"LabGelu", {"x: float"}, {}, nullptr, gelu_kernel, nullptr, "lab_gelu", gelu_call});
    registered({"LabGeluGrad", {"x: float", "dy: float"}, {}, nullptr, gelu_grad_kernel, nullptr, "lab_gelu_grad", gelu_grad_call});
    registered({"LabCrossEntropy", {"logits: float", "labels: int32"}, {}, nullptr, cross_entropy_kernel, nullptr, "lab_cross_entropy", cross_entropy_call});
    registered({"LabCrossEntropyGrad", {"logits: float", "labels: int32", "most: float", "rest: float", "dy: float"}, {}, nullptr, cross_entropy_grad_kernel, nullptr, "lab_cross_entropy_grad",
                cross_entropy_grad_call});
    registered({"LabNorm", {"x: float", "scale: float", "bias: float"}, {"centred: bool", "eps: float"}, norm_made, norm_kernel, freed<Norm>, "lab_norm", norm_call});
    registered({"LabNormGrad", {"x: float", "scale: float", "mean: float", "inverse: float", "dy: float"}, {"centred: bool", "eps: float"}, norm_made, norm_grad_kernel, freed<Norm>,
                "lab_norm_grad", norm_grad_call});
    const std::vector<const char*> network{"x: float", "up: float", "up_bias: float", "down: float", "down_bias: float"};
    registered({"LabReluNetwork", network, {}, nullptr, relu_network_kernel, nullptr, "lab_relu_network", relu_network_call});
    registered({"LabReluNetworkGrad", {"x: float", "up: float", "up_bias: float", "down: float", "down_bias: float", "dy: float"}, {}, nullptr, relu_network_grad_kernel, nullptr,
                "lab_relu_network_grad", relu_network_grad_call});
    registered({"LabAttention", {"qkv: float", "segments: int32"}, {"heads: int", "shared: int"}, attention_made, attention_kernel, freed<HeadCounts>, "lab_attention", attention_call});
    registered({"LabAttentionGrad", {"qkv: float", "segments: int32", "heard: float", "total: float", "dy: float"}, {"heads: int", "shared: int"}, attention_made, attention_grad_kernel,
                freed<HeadCounts>, "lab_attention_grad", attention_grad_call});
    registered({"LabCachedAttention", {"rows: float", "cache: float", "lengths: int32"}, {"heads: int", "shared: int"}, attention_made, cached_attention_kernel, freed<HeadCounts>,
                "lab_cached_attention", cached_attention_call});
    const std::vector<const char*> sizes{"sizes: list(int)"};
    registered({"LabConvolution", {"x: float", "filter: float"}, sizes, layout_made<11>, convolution_kernel, freed<Layout>, "lab_convolution", convolution_call});
    registered({"LabConvolutionInputGrad", {"filter: float", "dy: float"}, sizes, layout_made<11>, convolution_input_grad_kernel, freed<Layout>, "lab_convolution_input_grad",
                convolution_input_grad_call});
    registered({"LabConvolutionFilterGrad", {"x: float", "dy: float"}, sizes, layout_made<11>, convolution_filter_grad_kernel, freed<Layout>, "lab_convolution_filter_grad",
                convolution_filter_grad_call});
    registered({"LabMaxPool", {"x: float"}, sizes, layout_made<10>, max_pool_kernel, freed<Layout>, "lab_max_pool", max_pool_call});
    registered({"LabMaxPoolGrad", {"x: float", "y: float", "dy: float"}, sizes, layout_made<10>, max_pool_grad_kernel, freed<Layout>, "lab_max_pool_grad", max_pool_grad_call});
    return true;
  }();
  (void)once;
  napi_value normal, product;
  napi_get_boolean(env, true, &normal);
  napi_get_boolean(env, vectors, &product);
  napi_set_named_property(env, exports, "normal", normal);
  napi_set_named_property(env, exports, "matMul", product);
  napi_set_named_property(env, exports, "rows", product);
  return exports;
}
