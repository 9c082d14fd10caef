{
  "targets": [
    {
      "target_name": "gpio_cdev",
      "sources": ["gpio-cdev.c"],
      "cflags": ["-O2", "-Wall", "-Wextra", "-Werror"]
    }
  ]
}
