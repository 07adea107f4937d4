# Everything Linli links, as one interface target. docs/architecture.md says why each is here.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(LINLI_PKG REQUIRED IMPORTED_TARGET
  libevent_core libevent_extra libevent_pthreads libevent_openssl
  openssl libmariadb jansson libsodium libcurl libqrencode libpng zlib pangocairo libseccomp)

# Debian 12 ships llhttp as C sources in node-llhttp; later releases as libllhttp-dev.
find_library(LLHTTP_LIBRARY llhttp)
find_path(LLHTTP_INCLUDE_DIR llhttp.h PATHS /usr/include /usr/share/include/llhttp)
if(NOT LLHTTP_INCLUDE_DIR)
  message(FATAL_ERROR "llhttp not found: install node-llhttp (Debian 12) or libllhttp-dev")
endif()
if(LLHTTP_LIBRARY)
  add_library(linli_llhttp UNKNOWN IMPORTED)
  set_target_properties(linli_llhttp PROPERTIES IMPORTED_LOCATION ${LLHTTP_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${LLHTTP_INCLUDE_DIR})
else()
  add_library(linli_llhttp STATIC
    /usr/share/llhttp/api.c /usr/share/llhttp/http.c /usr/share/llhttp/llhttp.c)
  target_include_directories(linli_llhttp SYSTEM PUBLIC ${LLHTTP_INCLUDE_DIR})
  target_compile_definitions(linli_llhttp PUBLIC LLHTTP_STRICT_MODE=1)
  set_target_properties(linli_llhttp PROPERTIES C_CLANG_TIDY "")
endif()

add_library(linli_dependencies INTERFACE)
target_link_libraries(linli_dependencies INTERFACE
  PkgConfig::LINLI_PKG linli_llhttp Threads::Threads m ${CMAKE_DL_LIBS})
