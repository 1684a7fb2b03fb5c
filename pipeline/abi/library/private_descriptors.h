// Message types of a library, under names that nobody else in the process has.
//
// All modules of a process share libprotobuf, and it has one table of message
// types, in which a file may be registered once: a library that brings
// "proto/event/v1/event.proto" would end a process that has it. So the files of
// a library are registered as "sluice_plugin_N/proto/event/v1/event.proto", in
// packages that begin with "sluice_plugin_N", where N is the first free number.
// A library may so have another version of a message than the process. What its
// code sees of this is Descriptor::full_name() and Any's type URLs.
#ifndef PIPELINE_ABI_LIBRARY_PRIVATE_DESCRIPTORS_H_
#define PIPELINE_ABI_LIBRARY_PRIVATE_DESCRIPTORS_H_

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"

namespace sluice::abi {

// The files of one library. Thread-safety: none; filled before its code runs,
// then only read.
class PrivateDescriptors {
 public:
  // `prefix` is free in the process.
  explicit PrivateDescriptors(std::string prefix)
      : prefix_(std::move(prefix)) {}

  // Of this module.
  static PrivateDescriptors& OfThisLibrary();

  // A file to register in the place of another; lives as long as this.
  struct File {
    std::string name;
    std::string bytes;
  };
  // Renames a file, a serialized FileDescriptorProto; those of its imports that
  // belong to the library have been renamed before.
  const File& Rename(std::string_view original);

  // `file` as its author wrote it, be it renamed or not.
  google::protobuf::FileDescriptorProto Original(
      const google::protobuf::FileDescriptor& file) const;
  std::string OriginalName(const google::protobuf::Descriptor& message) const;

 private:
  struct Renamed {
    File file;
    std::string original;
  };

  const std::string prefix_;
  // Full names of what is declared in renamed files, as they were.
  std::set<std::string, std::less<>> types_;
  // By the name they had.
  std::map<std::string, Renamed, std::less<>> files_;
};

// A serialized FileDescriptorSet of the file of `message` and its imports, each
// after its own imports, as their authors wrote them.
std::string DescribeFiles(const PrivateDescriptors& descriptors,
                          const google::protobuf::Descriptor& message);

}  // namespace sluice::abi

#endif  // PIPELINE_ABI_LIBRARY_PRIVATE_DESCRIPTORS_H_
