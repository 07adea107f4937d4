# Plugins, and what runs them in a sanitized build.

# linli_add_plugin(NAME FOLDER SOURCE...): one shared object, which sees the public headers only and
# exports `linli_plugin` only. Never sanitized: sanitizers need what the sandbox forbids.
function(linli_add_plugin name folder)
  add_library(${name} MODULE ${ARGN})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/include)
  target_compile_options(${name} PRIVATE -Wall -Wextra -Wshadow -Wvla -fno-strict-aliasing
    $<$<COMPILE_LANGUAGE:C>:-Wconversion -Wstrict-prototypes -Wmissing-prototypes>
    $<$<BOOL:${LINLI_WERROR}>:-Werror>)
  target_link_options(${name} PRIVATE -Wl,-z,defs -Wl,-z,now)
  set_target_properties(${name} PROPERTIES
    PREFIX "" C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden
    LIBRARY_OUTPUT_DIRECTORY ${folder})
endfunction()

# A sanitized server gets hosts from the same sources without a sanitizer (plugin/host_spawn.c).
if(LINLI_SANITIZE)
  file(GLOB plain_sources CONFIGURE_DEPENDS src/base/*.c src/plugin/host_main.c
    src/plugin/describe.c src/plugin/manifest_write.c src/plugin/pseudonyms.c
    src/plugin/sandbox*.c src/plugin/wire_*.c src/plugin/answer_check.c)
  add_executable(plugin-host ${plain_sources} tests/support/plugin_host.c)
  target_include_directories(plugin-host PRIVATE src include)
  target_compile_definitions(plugin-host PRIVATE _GNU_SOURCE LINLI_VERSION="${PROJECT_VERSION}")
  target_link_libraries(plugin-host PRIVATE linli_dependencies)
endif()
