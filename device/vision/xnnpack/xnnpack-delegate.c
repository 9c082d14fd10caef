// A TensorFlow Lite delegate plugin that hands the graph to the XNNPACK inside libtensorflowlite_c.
//
// tfjs-tflite-node links XNNPACK but never applies it. Its interpreter accepts external delegates, and this file is
// the smallest one: it exports the two plugin functions and forwards to the C API of the library already loaded.
// Source of the interface: tensorflow/lite/delegates/external/external_delegate.h and
// tensorflow/lite/delegates/xnnpack/xnnpack_delegate.h, TensorFlow 2.9.

#include <stddef.h>
#include <stdint.h>

#include "tensorflow/lite/c/common.h"

typedef struct {
  int32_t num_threads;
  uint32_t flags;
  void* weights_cache;
} TfLiteXNNPackDelegateOptions;

enum { kSignedInt8 = 1u, kUnsignedInt8 = 2u };

extern TfLiteXNNPackDelegateOptions TfLiteXNNPackDelegateOptionsDefault(void);
extern TfLiteDelegate* TfLiteXNNPackDelegateCreate(const TfLiteXNNPackDelegateOptions* options);
extern void TfLiteXNNPackDelegateDelete(TfLiteDelegate* delegate);

#if defined(_WIN32)
#define EXPORTED __declspec(dllexport)
#else
#define EXPORTED __attribute__((visibility("default")))
#endif

// It takes no options: tfjs-tflite-node 0.0.2 hands over pointers to strings that it has already freed.
EXPORTED TfLiteDelegate* tflite_plugin_create_delegate(char** keys, char** values, size_t count,
                                                       void (*report_error)(const char*)) {
  (void)keys;
  (void)values;
  if (count > 0) {
    if (report_error) report_error("xnnpack delegate: expected no options");
    return NULL;
  }
  TfLiteXNNPackDelegateOptions options = TfLiteXNNPackDelegateOptionsDefault();
  options.num_threads = 1;
  options.flags |= kSignedInt8 | kUnsignedInt8;
  return TfLiteXNNPackDelegateCreate(&options);
}

EXPORTED void tflite_plugin_destroy_delegate(TfLiteDelegate* delegate) { TfLiteXNNPackDelegateDelete(delegate); }
