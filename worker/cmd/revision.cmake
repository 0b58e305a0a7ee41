# Writes OUTPUT, a header that says which revision of the source is built: REVISION, or where that is empty the commit of GIT in SOURCE,
# with -dirty behind it where files differ from it. Nothing in a tarball, also where that lies within another project's clone. A file
# that says so already is left alone, and with it what was built of it.
if(REVISION STREQUAL "" AND GIT AND EXISTS ${SOURCE}/.git)
  execute_process(COMMAND ${GIT} --no-optional-locks -C ${SOURCE} describe --always --dirty --abbrev=12 --exclude=*
                  OUTPUT_VARIABLE REVISION OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
file(CONFIGURE OUTPUT ${OUTPUT} @ONLY CONTENT "#define CUPBEARER_REVISION \"@REVISION@\"\n")
