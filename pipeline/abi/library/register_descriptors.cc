// Takes the place of what generated code calls to register a file of messages,
// in libraries only: the linker's --wrap leads those calls here
// (sluice_plugin_library in tools/bazel/defs.bzl). private_descriptors.h has
// the reason.
#include <string_view>

#include "google/protobuf/generated_message_reflection.h"
#include "google/protobuf/stubs/common.h"
#include "pipeline/abi/library/private_descriptors.h"

// What this relies on is not Protobuf's public interface, but that of the code
// that protoc generates, and has been the same since 3.8. A library is linked
// with the version it was compiled with, so a build with another one would
// tell.
static_assert(GOOGLE_PROTOBUF_VERSION >= 3021000 &&
                  GOOGLE_PROTOBUF_VERSION < 3022000,
              "look whether DescriptorTable and AddDescriptorsRunner are as "
              "they were in Protobuf 3.21");

using google::protobuf::internal::DescriptorTable;

// The constructor AddDescriptorsRunner(const DescriptorTable*).
#define SLUICE_RUNNER \
  _ZN6google8protobuf8internal20AddDescriptorsRunnerC1EPKNS1_15DescriptorTableE
#define SLUICE_JOIN_(a, b) a##b
#define SLUICE_JOIN(a, b) SLUICE_JOIN_(a, b)

// NOLINTBEGIN(readability-identifier-naming): names that the linker gives.
extern "C" void SLUICE_JOIN(__real_,
                            SLUICE_RUNNER)(void* runner,
                                           const DescriptorTable* table);

namespace sluice::abi {
namespace {

void RegisterPrivately(void* runner, const DescriptorTable* table) {
  if (table->is_initialized) return;
  // An import that is registered already is Protobuf's own, or that of a shared
  // object this one is linked with; its name stays.
  for (int i = 0; i < table->num_deps; ++i) {
    if (table->deps[i] != nullptr) RegisterPrivately(runner, table->deps[i]);
  }
  const PrivateDescriptors::File& file =
      PrivateDescriptors::OfThisLibrary().Rename(
          std::string_view(table->descriptor, table->size));
  // The table is in writable memory, for it has a mutable field, and nobody has
  // read it yet.
  auto* writable = const_cast<DescriptorTable*>(table);
  writable->descriptor = file.bytes.data();
  writable->size = static_cast<int>(file.bytes.size());
  writable->filename = file.name.c_str();
  SLUICE_JOIN(__real_, SLUICE_RUNNER)(runner, table);
}

}  // namespace
}  // namespace sluice::abi

extern "C" void SLUICE_JOIN(__wrap_,
                            SLUICE_RUNNER)(void* runner,
                                           const DescriptorTable* table) {
  sluice::abi::RegisterPrivately(runner, table);
}
// NOLINTEND(readability-identifier-naming)
