// Stands before moodycamel's header of the same name under --config=tsan.
//
// The queue orders relaxed loads and stores with atomic_thread_fence(), which
// GCC's TSan does not follow, so handing a block back to its producer would be
// reported as a race. Here every relaxed access is sequentially consistent
// instead. That cannot hide a race in the code around the queue: the fences
// already give the order that is added.

// No include guard of its own: moodycamel's header has one.

// First, what the header includes: the macro below is not meant for those.
#include <algorithm>
#include <array>
#include <atomic>
#include <cassert>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <mutex>
#include <thread>
#include <type_traits>
#include <utility>

#define memory_order_relaxed memory_order_seq_cst
#include_next <concurrentqueue/concurrentqueue.h>
#undef memory_order_relaxed
