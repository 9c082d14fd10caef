// A delegate plugin for tests: XNNPACK as it is applied on the device, and a line for each operation that it takes.
//
// XNNPACK hands the operations that it takes to ReplaceNodeSubsetsWithDelegateKernels; this plugin stands in between.
// Source of the interface: tensorflow/lite/c/common.h, TensorFlow 2.9.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "tensorflow/lite/c/common.h"

typedef struct {
  int32_t num_threads;
  uint32_t flags;
  void* weights_cache;
} TfLiteXNNPackDelegateOptions;

extern TfLiteXNNPackDelegateOptions TfLiteXNNPackDelegateOptionsDefault(void);
extern TfLiteDelegate* TfLiteXNNPackDelegateCreate(const TfLiteXNNPackDelegateOptions* options);
extern void TfLiteXNNPackDelegateDelete(TfLiteDelegate* delegate);

typedef TfLiteStatus (*Replace)(TfLiteContext*, TfLiteRegistration, const TfLiteIntArray*, TfLiteDelegate*);
typedef TfLiteStatus (*Prepare)(TfLiteContext*, TfLiteDelegate*);

static Replace replace_original;
static Prepare prepare_original;

static TfLiteStatus replace_and_report(TfLiteContext* context, TfLiteRegistration registration,
                                       const TfLiteIntArray* nodes, TfLiteDelegate* delegate) {
  const char* path = getenv("FACELATCH_XNNPACK_REPORT");
  FILE* report = path ? fopen(path, "w") : NULL;
  if (report) {
    for (int i = 0; i < nodes->size; i++) fprintf(report, "%d\n", nodes->data[i]);
    fclose(report);
  }
  return replace_original(context, registration, nodes, delegate);
}

static TfLiteStatus prepare_and_report(TfLiteContext* context, TfLiteDelegate* delegate) {
  replace_original = context->ReplaceNodeSubsetsWithDelegateKernels;
  context->ReplaceNodeSubsetsWithDelegateKernels = replace_and_report;
  const TfLiteStatus status = prepare_original(context, delegate);
  context->ReplaceNodeSubsetsWithDelegateKernels = replace_original;
  return status;
}

// The environment names the file that receives the numbers: the binding passes options by pointers that dangle.
__attribute__((visibility("default"))) TfLiteDelegate* tflite_plugin_create_delegate(
    char** keys, char** values, size_t count, void (*report_error)(const char*)) {
  (void)keys, (void)values, (void)count, (void)report_error;
  TfLiteXNNPackDelegateOptions options = TfLiteXNNPackDelegateOptionsDefault();
  options.num_threads = 1;
  options.flags |= 3u;
  TfLiteDelegate* delegate = TfLiteXNNPackDelegateCreate(&options);
  prepare_original = delegate->Prepare;
  delegate->Prepare = prepare_and_report;
  return delegate;
}

__attribute__((visibility("default"))) void tflite_plugin_destroy_delegate(TfLiteDelegate* delegate) {
  TfLiteXNNPackDelegateDelete(delegate);
}
