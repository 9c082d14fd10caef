// One output line of a GPIO character device, as a Node-API addon over the kernel's own interface, version 2.
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
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { kPathBytesMax = 256, kMessageBytesMax = 512 };

static const char* code_of(int error) {
  switch (error) {
    case EACCES: return "EACCES";
    case EBADF: return "EBADF";
    case EBUSY: return "EBUSY";
    case EINVAL: return "EINVAL";
    case EIO: return "EIO";
    case ENODEV: return "ENODEV";
    case ENOENT: return "ENOENT";
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

// requestOutput(path, line, activeLow, consumer) -> the request's file; the line is inactive from its first moment
static napi_value request_output(napi_env env, napi_callback_info info) {
  napi_value values[4];
  char path[kPathBytesMax];
  bool active_low = false;
  struct gpio_v2_line_request request = {.num_lines = 1};
  if (!take_arguments(env, info, 4, values) || !take_text(env, values[0], path, sizeof path) ||
      !take_number(env, values[1], &request.offsets[0]) ||
      !take_text(env, values[3], request.consumer, sizeof request.consumer)) {
    return NULL;
  }
  if (napi_get_value_bool(env, values[2], &active_low) != napi_ok) {
    napi_throw_type_error(env, NULL, "true or false was expected");
    return NULL;
  }
  request.config.flags = GPIO_V2_LINE_FLAG_OUTPUT | (active_low ? GPIO_V2_LINE_FLAG_ACTIVE_LOW : 0);
  request.config.num_attrs = 1;
  request.config.attrs[0].mask = 1;
  request.config.attrs[0].attr.id = GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES;
  request.config.attrs[0].attr.values = 0;
  const int chip = open(path, O_RDONLY | O_CLOEXEC);
  if (chip < 0) return throw_errno(env, "open chip", errno);
  const int failed = ioctl(chip, GPIO_V2_GET_LINE_IOCTL, &request) < 0 ? errno : 0;
  close(chip);
  if (failed) return throw_errno(env, "request line", failed);
  napi_value file;
  if (napi_create_int32(env, request.fd, &file) != napi_ok) return NULL;
  return file;
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
      {"setActive", NULL, set_active, NULL, NULL, NULL, napi_enumerable, NULL},
      {"isActive", NULL, is_active, NULL, NULL, NULL, napi_enumerable, NULL},
      {"release", NULL, release, NULL, NULL, NULL, napi_enumerable, NULL},
  };
  if (napi_define_properties(env, exports, sizeof functions / sizeof functions[0], functions) != napi_ok) return NULL;
  return exports;
}
