# SPDX-License-Identifier: MIT
# What Debian's policy wants of a package's files, run over them before they are packed.
set(root ${CPACK_TEMPORARY_INSTALL_DIRECTORY})
set(documents ${root}/usr/share/doc/tunic)

file(GLOB pages ${root}/usr/share/man/man*/*.[0-9])
foreach(page ${pages})
    execute_process(COMMAND gzip -9n ${page} COMMAND_ERROR_IS_FATAL ANY)
endforeach()

file(RENAME ${documents}/LICENSE ${documents}/copyright)
# CHANGELOG.md is for people; this one is for tools that ask which version it is.
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
file(WRITE ${documents}/changelog "tunic (${CPACK_PACKAGE_VERSION}) unstable; urgency=medium\n\n"
    "  * See CHANGELOG.md.\n\n -- ${CPACK_PACKAGE_CONTACT}  ${date}\n")
execute_process(COMMAND gzip -9n ${documents}/changelog COMMAND_ERROR_IS_FATAL ANY)

# Whoever builds it, with whatever umask.
execute_process(COMMAND chmod -R u=rwX,go=rX ${root} COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND chmod 0700 ${root}/etc/tunic/relay COMMAND_ERROR_IS_FATAL ANY) # for keys

# So that a package can be made again, byte for byte.
if(DEFINED ENV{SOURCE_DATE_EPOCH})
    execute_process(COMMAND find ${root} -exec touch -h -d @$ENV{SOURCE_DATE_EPOCH} {} +
        COMMAND_ERROR_IS_FATAL ANY)
endif()
