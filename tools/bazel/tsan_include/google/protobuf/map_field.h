// Stands before Protobuf's header of the same name under --config=tsan.
//
// Protobuf 3.21 gives its map fields two more members when it is compiled with
// TSan. Debian's library is not, so our code must not see them either: it would
// read every map field at the wrong offsets.

// No include guard of its own: Protobuf's header has one.

// First, everything that should see that TSan is there.
#include <atomic>
#include <functional>
#include <memory>
#include <string>

#pragma push_macro("__SANITIZE_THREAD__")
#undef __SANITIZE_THREAD__
#include_next <google/protobuf/map_field.h>
#pragma pop_macro("__SANITIZE_THREAD__")
