// Operations that TensorFlow lacks, registered in both of its ways: as kernels of operations of our own, for single calls and plain graphs, and as
// targets of XLA's custom calls, for graphs that XLA compiles.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>
#include <node_api.h>
#include "mat-mul.h"
#include "normal.h"

#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

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
  float* output(const std::vector<int64_t>& shape) {
    int64_t size = 1;
    for (int64_t n : shape) size *= n;
    TF_Tensor* tensor = TF_AllocateOutput(context, 0, FLOAT, shape.data(), static_cast<int>(shape.size()), static_cast<size_t>(size) * 4, status);
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

struct Product {
  long batch, rows, columns, depth;
  bool turned_a, turned_b;
};

// Products of few numbers are not worth waking anyone.
constexpr double SHARED = 1e6;

void products(const Product& p, const float* a, const float* b, float* c) {
  const auto one = [&](long i, bool shared) {
    lab::amx::mat_mul({a + i * p.rows * p.depth, p.turned_a ? p.rows : p.depth, p.turned_a}, {b + i * p.depth * p.columns, p.turned_b ? p.depth : p.columns, p.turned_b},
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

// Asks the processor, and the system for the right to use it.
bool matrix_units() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return false;
  const bool vectors = (b >> 16 & 1) && (b >> 17 & 1) && (b >> 30 & 1) && (b >> 31 & 1), tiles = (d >> 22 & 1) && (d >> 24 & 1);
  // ARCH_REQ_XCOMP_PERM for the tiles' data.
  return vectors && tiles && syscall(SYS_arch_prctl, 0x1023, 18) == 0;
}

void registered(const char* op, const std::vector<const char*>& inputs, const std::vector<const char*>& attributes, void* (*made)(TF_OpKernelConstruction*),
                void (*compute)(void*, TF_OpKernelContext*), void (*freed)(void*), const char* target, void* call) {
  TF_OpDefinitionBuilder* definition = TF_NewOpDefinitionBuilder(op);
  for (const char* attribute : attributes) TF_OpDefinitionBuilderAddAttr(definition, attribute);
  for (const char* input : inputs) TF_OpDefinitionBuilderAddInput(definition, input);
  // Named as the results of XLA's custom calls are, so that one node can be written as the other.
  TF_OpDefinitionBuilderAddOutput(definition, "results: float");
  TF_OpDefinitionBuilderSetShapeInferenceFunction(definition, unknown);
  TF_Status* status = TF_NewStatus();
  TF_RegisterOpDefinition(definition, status);
  TF_RegisterKernelBuilder(op, TF_NewKernelBuilder(op, "CPU", made, compute, freed), status);
  TF_DeleteStatus(status);
  xla::CustomCallTargetRegistry::Global()->Register(target, call, "Host");
}

}  // namespace

// What this machine can do with them; a second thread of Node finds them registered.
NAPI_MODULE_INIT() {
  static const bool units = matrix_units();
  static const bool once = [] {
    registered("LabNormal", {"key: int32", "size: int32"}, {}, nullptr, normal_kernel, nullptr, "lab_normal", reinterpret_cast<void*>(normal_call));
    if (units)
      registered("LabMatMul", {"x: float", "y: float"}, {"adj_x: bool", "adj_y: bool"}, mat_mul_made, mat_mul_kernel, [](void* kernel) { delete static_cast<Turned*>(kernel); },
                 "lab_mat_mul", reinterpret_cast<void*>(mat_mul_call));
    return true;
  }();
  (void)once;
  napi_value normal, product;
  napi_get_boolean(env, true, &normal);
  napi_get_boolean(env, units, &product);
  napi_set_named_property(env, exports, "normal", normal);
  napi_set_named_property(env, exports, "matMul", product);
  return exports;
}
