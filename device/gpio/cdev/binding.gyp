{
  "target_defaults": { "cflags": ["-O2", "-Wall", "-Wextra", "-Werror"] },
  "targets": [
    { "target_name": "gpio_cdev", "sources": ["gpio-cdev.c"] },
    { "target_name": "line-off", "type": "executable", "sources": ["line-off.c"] }
  ]
}
