// Drives the line inactive that a note names, in a few milliseconds, after whoever owned it was killed; where it cannot, it becomes
// the command that does the same at length.
//
// usage: line-off NOTE COMMAND [ARGUMENT...]
//
// The note is what the daemon wrote when it took the line, see device/relay/line-note.ts: one line, "gpio-cdev", the chip's
// label, the line's number and 0 or 1 for active low, with tabs between. systemd runs this after each end of the daemon: to
// start Node.js and to read the configuration takes a board longer than an open door may wait.

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { kNoteBytesMax = 256, kPathBytesMax = 300, kTries = 50, kTryEveryMs = 10, kUsage = 64, kNotStarted = 70 };

struct noted {
  char label[GPIO_MAX_NAME_SIZE];
  unsigned int line;
  unsigned int active_low;
};

static bool read_note(const char* path, struct noted* noted) {
  char text[kNoteBytesMax];
  const int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0) return false;
  const ssize_t length = read(file, text, sizeof text - 1);
  close(file);
  if (length <= 0) return false;
  text[length] = '\0';
  char end = '\0';
  const int found =
      sscanf(text, "gpio-cdev\t%31[^\t\n]\t%9u\t%1u%c", noted->label, &noted->line, &noted->active_low, &end);
  return found == 4 && end == '\n' && noted->active_low <= 1;
}

// The one chip with the label; -1 where there is none, or several.
static int open_chip(const char* label) {
  DIR* folder = opendir("/dev");
  if (folder == NULL) return -1;
  int found = -1, count = 0;
  for (struct dirent* entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
    // Some systems link an old name to a chip, which must not count twice.
    if (strncmp(entry->d_name, "gpiochip", 8) != 0 || entry->d_type == DT_LNK) continue;
    char path[kPathBytesMax];
    snprintf(path, sizeof path, "/dev/%s", entry->d_name);
    const int chip = open(path, O_RDONLY | O_CLOEXEC);
    if (chip < 0) continue;
    struct gpiochip_info info = {0};
    const bool matches =
        ioctl(chip, GPIO_GET_CHIPINFO_IOCTL, &info) == 0 && strncmp(info.label, label, sizeof info.label) == 0;
    if (matches && ++count == 1) found = chip;
    else close(chip);
  }
  closedir(folder);
  if (count == 1) return found;
  if (found >= 0) close(found);
  return -1;
}

// Takes the line as an output that is inactive from its first moment, reads it back and gives it free.
static bool drive_inactive(int chip, const struct noted* noted) {
  struct gpio_v2_line_request request = {.num_lines = 1, .offsets = {noted->line}, .consumer = "facelatch-line-off"};
  request.config.flags = GPIO_V2_LINE_FLAG_OUTPUT | (noted->active_low ? GPIO_V2_LINE_FLAG_ACTIVE_LOW : 0);
  request.config.num_attrs = 1;
  request.config.attrs[0].mask = 1;
  request.config.attrs[0].attr.id = GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES;
  const struct timespec pause = {.tv_nsec = kTryEveryMs * 1000000L};
  for (int attempt = 0; ioctl(chip, GPIO_V2_GET_LINE_IOCTL, &request) < 0; attempt++) {
    // A guard that was told to end, or killed, gives it free within that time.
    if (errno != EBUSY || attempt == kTries) return false;
    nanosleep(&pause, NULL);
  }
  struct gpio_v2_line_values level = {.mask = 1};
  const bool inactive = ioctl(request.fd, GPIO_V2_LINE_GET_VALUES_IOCTL, &level) == 0 && (level.bits & 1) == 0;
  close(request.fd);
  return inactive;
}

int main(int count, char** arguments) {
  if (count < 3) {
    fprintf(stderr, "usage: line-off NOTE COMMAND [ARGUMENT...]\n");
    return kUsage;
  }
  struct noted noted = {0};
  if (read_note(arguments[1], &noted)) {
    const int chip = open_chip(noted.label);
    if (chip >= 0 && drive_inactive(chip, &noted)) {
      printf("Line %u of %s is inactive.\n", noted.line, noted.label);
      return 0;
    }
  }
  execv(arguments[2], arguments + 2);
  fprintf(stderr, "line-off: %s: %s\n", arguments[2], strerror(errno));
  return kNotStarted;
}
