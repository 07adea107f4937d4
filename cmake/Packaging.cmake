# `cpack` (or ./dev package) makes a .deb of what `install` installs. Libraries are found by
# dpkg-shlibdeps; the embedded database is a program and a font is data, so they are named here.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME linli)
set(CPACK_PACKAGE_CONTACT "The Linli developers <linli@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Points and rewards marketplace for volunteers")
set(CPACK_PACKAGE_DESCRIPTION "Linli (邻里) keeps the books of a volunteers' points programme:
 points are earned from reviewed service, spent at partner merchants, confirmed at the counter,
 and every movement can be verified by anyone.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "mariadb-server-core (>= 1:10.6), fonts-wqy-microhei | fonts-noto-cjk")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "ca-certificates")

install(FILES packaging/linli.service DESTINATION lib/systemd/system)
install(FILES LICENSE DESTINATION share/doc/linli RENAME copyright)

include(CPack)
