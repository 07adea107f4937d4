# What plugin authors outside the tree build against, and the examples from which `linli plugin new`
# writes a project. Its version is the interface's, read from the header.
if(NOT CMAKE_SCRIPT_MODE_FILE)
  file(STRINGS include/linli/plugin.h abi REGEX "^#define LINLI_ABI_M")
  string(REGEX REPLACE ".*MAJOR +([0-9]+).*MINOR +([0-9]+).*" "\\1.\\2" LINLI_ABI_VERSION "${abi}")

  include(CMakePackageConfigHelpers)
  write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/LinliPluginConfigVersion.cmake
    VERSION ${LINLI_ABI_VERSION} COMPATIBILITY SameMajorVersion ARCH_INDEPENDENT)
  configure_file(packaging/linli-plugin.pc.in linli-plugin.pc @ONLY)
  install(DIRECTORY include/linli DESTINATION include)
  install(FILES packaging/LinliPluginConfig.cmake
    ${CMAKE_CURRENT_BINARY_DIR}/LinliPluginConfigVersion.cmake
    DESTINATION lib/cmake/LinliPlugin)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/linli-plugin.pc DESTINATION lib/pkgconfig)
  install(DIRECTORY examples DESTINATION share/doc/linli)

  file(GLOB example_files CONFIGURE_DEPENDS
    ${CMAKE_CURRENT_SOURCE_DIR}/examples/*/*/*.c ${CMAKE_CURRENT_SOURCE_DIR}/examples/*/*/*.txt
    ${CMAKE_CURRENT_SOURCE_DIR}/examples/*/*/*.md)
  set(example_table ${CMAKE_CURRENT_BINARY_DIR}/plugin_examples.c)
  add_custom_command(OUTPUT ${example_table}
    COMMAND ${CMAKE_COMMAND} "-DFILES=${example_files}" -DTABLE=${example_table}
      -P ${CMAKE_CURRENT_LIST_FILE}
    DEPENDS ${example_files} ${CMAKE_CURRENT_LIST_FILE}
    COMMENT "Writing the table of example plugins" VERBATIM)
  target_sources(linli_cli PRIVATE ${example_table})
  return()
endif()

set(arrays "")
set(rows "")
set(number 0)
list(SORT FILES)
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME)
  get_filename_component(folder ${file} DIRECTORY)
  get_filename_component(example ${folder} NAME)
  get_filename_component(folder ${folder} DIRECTORY)
  get_filename_component(kind ${folder} NAME)
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(APPEND arrays "static const unsigned char file_${number}[] = {${bytes}0};\n")
  string(APPEND rows
    "    {\"${kind}\", \"${example}\", \"${name}\", (const char *)file_${number}},\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE ${TABLE} "/* Written by cmake/PluginSdk.cmake from examples/. */
#include \"cli/plugin_examples.h\"

${arrays}
const struct plugin_example plugin_examples[] = {
${rows}    {0},
};
")
