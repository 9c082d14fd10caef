// One output or input line of a GPIO character device, as a Node-API addon over the kernel's own interface, version 2.
//
// It needs no library: node-libgpiod speaks only libgpiod 1, which newer systems no longer carry, while the kernel keeps
// this interface (Linux 5.10 and later), and one file of C is compiled for another board without that board's packages.
// Node-API is the same in every Node.js, so one build serves all. It is an addon and not a program, as a program would be
// one more process that can be killed with the line active.
//
// Source of the interface: include/uapi/linux/gpio.h, Documentation/userspace-api/gpio/chardev.rst.

#define NAPI_VERSION 8
#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <node_api.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <uv.h>

enum { kPathBytesMax = 256, kMessageBytesMax = 512, kEventsAtOnce = 16 };

static const char* code_of(int error) {
  switch (error) {
    case EACCES: return "EACCES";
    case EBADF: return "EBADF";
    case EBUSY: return "EBUSY";
    case EINVAL: return "EINVAL";
    case EIO: return "EIO";
    case ENODEV: return "ENODEV";
    case ENOENT: return "ENOENT";
    case ENOMEM: return "ENOMEM";
    case ENOTTY: return "ENOTTY";
    case EPERM: return "EPERM";
    default: return "EUNKNOWN";
  }
}

static napi_value throw_errno(napi_env env, const char* what, int error) {
  char message[kMessageBytesMax];
  snprintf(message, sizeof message, "%s: %s, %s", code_of(error), strerror(error), what);
  napi_throw_error(env, code_of(error), message);
  return NULL;
}

// True when there are exactly `count` arguments; otherwise a TypeError is thrown.
static bool take_arguments(napi_env env, napi_callback_info info, size_t count, napi_value* values) {
  size_t given = count;
  if (napi_get_cb_info(env, info, &given, values, NULL, NULL) == napi_ok && given == count) return true;
  napi_throw_type_error(env, NULL, "another number of arguments was expected");
  return false;
}

static bool take_text(napi_env env, napi_value value, char* text, size_t size) {
  size_t length = 0;
  // One more than fits is asked for, so that a text which is too long is refused and not cut.
  if (napi_get_value_string_utf8(env, value, NULL, 0, &length) == napi_ok && length < size &&
      napi_get_value_string_utf8(env, value, text, size, &length) == napi_ok) {
    return true;
  }
  napi_throw_type_error(env, NULL, "a text was expected, and a shorter one");
  return false;
}

static bool take_number(napi_env env, napi_value value, uint32_t* number) {
  if (napi_get_value_uint32(env, value, number) == napi_ok) return true;
  napi_throw_type_error(env, NULL, "a whole number was expected");
  return false;
}

static void set_text(napi_env env, napi_value object, const char* key, const char* text, size_t size) {
  napi_value value;
  if (napi_create_string_utf8(env, text, strnlen(text, size), &value) == napi_ok) {
    napi_set_named_property(env, object, key, value);
  }
}

// chipInfo(path) -> {name, label, lines}
static napi_value chip_info(napi_env env, napi_callback_info info) {
  napi_value values[1];
  char path[kPathBytesMax];
  if (!take_arguments(env, info, 1, values) || !take_text(env, values[0], path, sizeof path)) return NULL;
  const int chip = open(path, O_RDONLY | O_CLOEXEC);
  if (chip < 0) return throw_errno(env, "open chip", errno);
  struct gpiochip_info found = {0};
  const int failed = ioctl(chip, GPIO_GET_CHIPINFO_IOCTL, &found) < 0 ? errno : 0;
  close(chip);
  if (failed) return throw_errno(env, "get chip information", failed);
  napi_value object, lines;
  if (napi_create_object(env, &object) != napi_ok) return NULL;
  set_text(env, object, "name", found.name, sizeof found.name);
  set_text(env, object, "label", found.label, sizeof found.label);
  if (napi_create_uint32(env, found.lines, &lines) == napi_ok) napi_set_named_property(env, object, "lines", lines);
  return object;
}

static bool take_bool(napi_env env, napi_value value, bool* truth) {
  if (napi_get_value_bool(env, value, truth) == napi_ok) return true;
  napi_throw_type_error(env, NULL, "true or false was expected");
  return false;
}

// The request's file; NULL, with an exception, where the kernel does not give the line.
static napi_value request_line(napi_env env, const char* path, struct gpio_v2_line_request* request) {
  const int chip = open(path, O_RDONLY | O_CLOEXEC);
  if (chip < 0) return throw_errno(env, "open chip", errno);
  const int failed = ioctl(chip, GPIO_V2_GET_LINE_IOCTL, request) < 0 ? errno : 0;
  close(chip);
  if (failed) return throw_errno(env, "request line", failed);
  napi_value file;
  if (napi_create_int32(env, request->fd, &file) != napi_ok) return NULL;
  return file;
}

// requestOutput(path, line, activeLow, consumer) -> the request's file; the line is inactive from its first moment
static napi_value request_output(napi_env env, napi_callback_info info) {
  napi_value values[4];
  char path[kPathBytesMax];
  bool active_low = false;
  struct gpio_v2_line_request request = {.num_lines = 1};
  if (!take_arguments(env, info, 4, values) || !take_text(env, values[0], path, sizeof path) ||
      !take_number(env, values[1], &request.offsets[0]) || !take_bool(env, values[2], &active_low) ||
      !take_text(env, values[3], request.consumer, sizeof request.consumer)) {
    return NULL;
  }
  request.config.flags = GPIO_V2_LINE_FLAG_OUTPUT | (active_low ? GPIO_V2_LINE_FLAG_ACTIVE_LOW : 0);
  request.config.num_attrs = 1;
  request.config.attrs[0].mask = 1;
  request.config.attrs[0].attr.id = GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES;
  request.config.attrs[0].attr.values = 0;
  return request_line(env, path, &request);
}

// requestInput(path, line, activeLow, bias, consumer) -> the request's file; both edges are noted
// bias: 0 leaves the pull resistor as it is, 1 pulls up, 2 pulls down, 3 switches it off
static napi_value request_input(napi_env env, napi_callback_info info) {
  static const uint64_t biases[] = {0, GPIO_V2_LINE_FLAG_BIAS_PULL_UP, GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN,
                                    GPIO_V2_LINE_FLAG_BIAS_DISABLED};
  napi_value values[5];
  char path[kPathBytesMax];
  bool active_low = false;
  uint32_t bias;
  struct gpio_v2_line_request request = {.num_lines = 1};
  if (!take_arguments(env, info, 5, values) || !take_text(env, values[0], path, sizeof path) ||
      !take_number(env, values[1], &request.offsets[0]) || !take_bool(env, values[2], &active_low) ||
      !take_number(env, values[3], &bias) || !take_text(env, values[4], request.consumer, sizeof request.consumer)) {
    return NULL;
  }
  if (bias >= sizeof biases / sizeof biases[0]) {
    napi_throw_type_error(env, NULL, "a bias from 0 to 3 was expected");
    return NULL;
  }
  request.config.flags = GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_EDGE_RISING | GPIO_V2_LINE_FLAG_EDGE_FALLING |
                         (active_low ? GPIO_V2_LINE_FLAG_ACTIVE_LOW : 0) | biases[bias];
  return request_line(env, path, &request);
}

struct edge_watch {
  uv_poll_t poll;
  int file;
  napi_env env;
  napi_ref on_edge;
  napi_async_context context;
};

static void tell_edge(struct edge_watch* watch) {
  napi_env env = watch->env;
  napi_handle_scope scope;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  napi_value on_edge, receiver, error;
  bool thrown = false;
  if (napi_get_reference_value(env, watch->on_edge, &on_edge) == napi_ok &&
      napi_get_global(env, &receiver) == napi_ok) {
    napi_make_callback(env, watch->context, receiver, on_edge, 0, NULL, NULL);
    if (napi_is_exception_pending(env, &thrown) == napi_ok && thrown &&
        napi_get_and_clear_last_exception(env, &error) == napi_ok) {
      napi_fatal_exception(env, error);
    }
  }
  napi_close_handle_scope(env, scope);
}

// However many edges there were, the level is what counts: it is read by whoever is told.
static void edges_are_there(uv_poll_t* poll, int status, int events) {
  struct edge_watch* watch = poll->data;
  struct gpio_v2_line_event noted[kEventsAtOnce];
  const ssize_t length = status < 0 ? -1 : read(watch->file, noted, sizeof noted);
  // A chip that is gone would be told of without end; whoever reads the level learns of it.
  if (status < 0 || (events & UV_DISCONNECT) || (length < 0 && errno != EAGAIN && errno != EINTR)) uv_poll_stop(poll);
  tell_edge(watch);
}

static void free_watch(uv_handle_t* poll) { free(poll->data); }

// watchEdges(file, onEdge) -> the watch, to be ended before the file is released; it keeps no process alive
static napi_value watch_edges(napi_env env, napi_callback_info info) {
  napi_value values[2], name, external;
  uint32_t file;
  uv_loop_t* loop;
  if (!take_arguments(env, info, 2, values) || !take_number(env, values[0], &file)) return NULL;
  struct edge_watch* watch = calloc(1, sizeof *watch);
  if (watch == NULL) return throw_errno(env, "watch line", ENOMEM);
  watch->env = env;
  watch->file = (int)file;
  watch->poll.data = watch;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok || napi_create_external(env, watch, NULL, NULL, &external) != napi_ok ||
      napi_create_string_utf8(env, "gpio edges", NAPI_AUTO_LENGTH, &name) != napi_ok ||
      napi_create_reference(env, values[1], 1, &watch->on_edge) != napi_ok ||
      napi_async_init(env, NULL, name, &watch->context) != napi_ok) {
    free(watch);
    napi_throw_type_error(env, NULL, "a function was expected");
    return NULL;
  }
  const int failed = uv_poll_init(loop, &watch->poll, watch->file);
  if (failed < 0) {
    napi_delete_reference(env, watch->on_edge);
    napi_async_destroy(env, watch->context);
    free(watch);
    return throw_errno(env, "watch line", -failed);
  }
  uv_poll_start(&watch->poll, UV_READABLE | UV_DISCONNECT, edges_are_there);
  uv_unref((uv_handle_t*)&watch->poll);
  return external;
}

// endWatch(watch), once
static napi_value end_watch(napi_env env, napi_callback_info info) {
  napi_value values[1];
  void* found = NULL;
  if (!take_arguments(env, info, 1, values)) return NULL;
  if (napi_get_value_external(env, values[0], &found) != napi_ok || found == NULL) {
    napi_throw_type_error(env, NULL, "a watch was expected");
    return NULL;
  }
  struct edge_watch* watch = found;
  napi_delete_reference(env, watch->on_edge);
  napi_async_destroy(env, watch->context);
  uv_poll_stop(&watch->poll);
  uv_close((uv_handle_t*)&watch->poll, free_watch);
  return NULL;
}

// setActive(file, active): 1 is active, whatever voltage that is
static napi_value set_active(napi_env env, napi_callback_info info) {
  napi_value values[2];
  uint32_t file, active;
  if (!take_arguments(env, info, 2, values) || !take_number(env, values[0], &file) ||
      !take_number(env, values[1], &active)) {
    return NULL;
  }
  struct gpio_v2_line_values level = {.bits = active ? 1 : 0, .mask = 1};
  if (ioctl((int)file, GPIO_V2_LINE_SET_VALUES_IOCTL, &level) < 0) return throw_errno(env, "set line", errno);
  return NULL;
}

// isActive(file) -> 1 or 0, as the driver reads it back
static napi_value is_active(napi_env env, napi_callback_info info) {
  napi_value values[1], active;
  uint32_t file;
  if (!take_arguments(env, info, 1, values) || !take_number(env, values[0], &file)) return NULL;
  struct gpio_v2_line_values level = {.mask = 1};
  if (ioctl((int)file, GPIO_V2_LINE_GET_VALUES_IOCTL, &level) < 0) return throw_errno(env, "get line", errno);
  if (napi_create_uint32(env, (uint32_t)(level.bits & 1), &active) != napi_ok) return NULL;
  return active;
}

// release(file)
static napi_value release(napi_env env, napi_callback_info info) {
  napi_value values[1];
  uint32_t file;
  if (!take_arguments(env, info, 1, values) || !take_number(env, values[0], &file)) return NULL;
  if (close((int)file) < 0) return throw_errno(env, "release line", errno);
  return NULL;
}

NAPI_MODULE_INIT() {
  const napi_property_descriptor functions[] = {
      {"chipInfo", NULL, chip_info, NULL, NULL, NULL, napi_enumerable, NULL},
      {"requestOutput", NULL, request_output, NULL, NULL, NULL, napi_enumerable, NULL},
      {"requestInput", NULL, request_input, NULL, NULL, NULL, napi_enumerable, NULL},
      {"watchEdges", NULL, watch_edges, NULL, NULL, NULL, napi_enumerable, NULL},
      {"endWatch", NULL, end_watch, NULL, NULL, NULL, napi_enumerable, NULL},
      {"setActive", NULL, set_active, NULL, NULL, NULL, napi_enumerable, NULL},
      {"isActive", NULL, is_active, NULL, NULL, NULL, napi_enumerable, NULL},
      {"release", NULL, release, NULL, NULL, NULL, napi_enumerable, NULL},
  };
  if (napi_define_properties(env, exports, sizeof functions / sizeof functions[0], functions) != napi_ok) return NULL;
  return exports;
}
