{
  "variables": {
    "runtime_dir": "<!(node -p \"require('node:path').dirname(require.resolve('tfjs-tflite-node/package.json'))\")",
    "library_arch%": "<!(node -p \"process.arch === 'x64' ? 'amd64' : process.arch\")"
  },
  "targets": [
    {
      "target_name": "xnnpack_delegate",
      "type": "shared_library",
      "product_prefix": "lib",
      "sources": ["xnnpack-delegate.c"],
      "include_dirs": ["<(runtime_dir)/cc_deps/include"],
      "libraries": ["<(runtime_dir)/cc_deps/linux_<(library_arch)/libtensorflowlite_c.so"],
      "cflags": ["-O2", "-Wall", "-Wextra", "-Werror"]
    }
  ]
}
