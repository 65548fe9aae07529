/* For tests of hosts and bindings. As stable as semper.h. */
#ifndef SEMPER_DEBUG_H
#define SEMPER_DEBUG_H

#include "semper/semper.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How many handles of all types the host has not freed yet, references counted: 0 where nothing
 * leaks. Any thread. Since 1.0. */
SEMPER_API int64_t semper_debug_live_handles(void);

#ifdef __cplusplus
}
#endif

#endif /* SEMPER_DEBUG_H */
