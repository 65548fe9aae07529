/* A host that was compiled with the header of ABI 1.0 (header_1_0, frozen) runs against today's
 * library. What comes later is tested in files of its own, not in capi_test.c. */
#include "capi_test.c"
