# sql/NNNN_name.sql become the table `migrations` of store/migrate.h, in linli_store.
# Included by CMakeLists.txt; also run as a script (cmake -P) by the build, to write the table.
if(NOT CMAKE_SCRIPT_MODE_FILE)
  file(GLOB migration_files CONFIGURE_DEPENDS
    ${CMAKE_CURRENT_SOURCE_DIR}/sql/[0-9][0-9][0-9][0-9]_*.sql)
  set(migration_table ${CMAKE_CURRENT_BINARY_DIR}/migrations.c)
  add_custom_command(OUTPUT ${migration_table}
    COMMAND ${CMAKE_COMMAND} "-DFILES=${migration_files}" -DTABLE=${migration_table}
      -P ${CMAKE_CURRENT_LIST_FILE}
    DEPENDS ${migration_files} ${CMAKE_CURRENT_LIST_FILE}
    COMMENT "Writing the table of migrations" VERBATIM)
  target_sources(linli_store PRIVATE ${migration_table})
  return()
endif()

# Bytes, not a string literal: C promises only 4,095 characters of those.
set(arrays "")
set(rows "")
list(SORT FILES)
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME_WE)
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(APPEND arrays "static const unsigned char sql_${name}[] = {${bytes}0};\n")
  string(APPEND rows "    {\"${name}\", (const char *)sql_${name}},\n")
endforeach()
file(WRITE ${TABLE} "/* Written by cmake/Migrations.cmake from sql/. */
#include \"store/migrate.h\"

${arrays}
const struct migration migrations[] = {
${rows}    {0},
};
")
