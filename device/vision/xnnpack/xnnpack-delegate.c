// A TensorFlow Lite delegate plugin that hands the graph to the XNNPACK inside libtensorflowlite_c.
//
// tfjs-tflite-node links XNNPACK but never applies it. Its interpreter accepts external delegates, and this file is
// the smallest one: it exports the two plugin functions and forwards to the C API of the library already loaded.
// Source of the interface: tensorflow/lite/delegates/external/external_delegate.h and
// tensorflow/lite/delegates/xnnpack/xnnpack_delegate.h, TensorFlow 2.9.

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

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

// Options: "num_threads", 1 to 64; anything else is reported and refused.
EXPORTED TfLiteDelegate* tflite_plugin_create_delegate(char** keys, char** values, size_t count,
                                                       void (*report_error)(const char*)) {
  TfLiteXNNPackDelegateOptions options = TfLiteXNNPackDelegateOptionsDefault();
  options.num_threads = 1;
  options.flags |= kSignedInt8 | kUnsignedInt8;
  for (size_t i = 0; i < count; i++) {
    const int threads = strcmp(keys[i], "num_threads") == 0 ? atoi(values[i]) : 0;
    if (threads < 1 || threads > 64) {
      if (report_error) report_error("xnnpack delegate: expected the option num_threads, 1 to 64");
      return NULL;
    }
    options.num_threads = threads;
  }
  return TfLiteXNNPackDelegateCreate(&options);
}

EXPORTED void tflite_plugin_destroy_delegate(TfLiteDelegate* delegate) { TfLiteXNNPackDelegateDelete(delegate); }
