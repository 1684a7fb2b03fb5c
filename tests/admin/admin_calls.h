// Every call of the admin API: what the tests of this folder expect of it.
#ifndef TESTS_ADMIN_ADMIN_CALLS_H_
#define TESTS_ADMIN_ADMIN_CALLS_H_

#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "proto/config/v1/config.pb.h"

namespace sluice {

struct AdminCall {
  std::string name;  // "PipelineService/PausePipeline".
  // The least that may make it.
  config::v1::Role role;
  // A request that is right, in the text format of Protobuf, for a process that
  // runs the pipeline `office` with the sink `archive`. $CONFIG stands for the
  // text of its configuration.
  std::string request;
  // Arguments of a `sluice` that makes the call, for the same process; behind
  // them comes where that is. $CONFIG stands for the path of a configuration,
  // $DATA_DIR for a folder.
  std::vector<std::string> command;
};

// One for each call, in the order of their names.
const std::vector<AdminCall>& AdminCalls();

// Null: there is none.
const AdminCall* FindAdminCall(const std::string& name);

// The methods of all services in proto/admin/v1 that are linked in: those of an
// AdminServer, where one is.
std::vector<const google::protobuf::MethodDescriptor*> AdminMethods();

// "PipelineService/PausePipeline".
std::string NameOf(const google::protobuf::MethodDescriptor& method);
// As a call of that name is made:
// "/sluice.admin.v1.PipelineService/PausePipeline".
std::string PathOf(const std::string& name);

}  // namespace sluice

#endif  // TESTS_ADMIN_ADMIN_CALLS_H_
