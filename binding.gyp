{
  'targets': [{
    'target_name': 'memtrack',
    'sources': [
      '<!@(find native/core native/decode native/bindings -name "*.cc")',
    ],
    'include_dirs': ['native', '<!(node -p "require(\'node-addon-api\').include_dir")'],
    'defines': [
      'NDEBUG',
      'NAPI_VERSION=9',
      'NODE_API_NO_EXTERNAL_BUFFERS_ALLOWED',
      'NODE_ADDON_API_REQUIRE_BASIC_FINALIZERS',
      'NODE_ADDON_API_DISABLE_DEPRECATED',
    ],
    'cflags!': ['-fno-exceptions'],
    'cflags_cc!': ['-fno-exceptions', '-std=gnu++17', '-fno-rtti'],
    'cflags_cc': ['-std=c++20', '-O3', '-fvisibility=hidden', '-Wall', '-Wextra', '-fexceptions'],
    'ldflags': ['-Wl,-z,nodelete'],
  }],
}
