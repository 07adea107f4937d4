# Linli::Plugin has the headers; linli_add_plugin(name source…) makes name.so.
get_filename_component(_linli_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

if(NOT TARGET Linli::Plugin)
  add_library(Linli::Plugin INTERFACE IMPORTED)
  set_target_properties(Linli::Plugin PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${_linli_prefix}/include"
    INTERFACE_COMPILE_FEATURES c_std_11)
endif()

# Only the one symbol is visible: two plugins never meet in each other's names.
function(linli_add_plugin name)
  add_library(${name} MODULE ${ARGN})
  target_link_libraries(${name} PRIVATE Linli::Plugin)
  set_target_properties(${name} PROPERTIES
    PREFIX "" SUFFIX ".so" C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON)
endfunction()
