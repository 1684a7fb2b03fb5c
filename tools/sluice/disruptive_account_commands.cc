// `sluice disruptive projects|organizations|members|permissions|roles|accounts|
// keys|claim`.
#include <fcntl.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "plugins/disruptive/account_calls.h"
#include "tools/sluice/disruptive_commands.h"

namespace sluice {
namespace {

using disruptive::Realm;

struct AccountOptions : DisruptiveOptions {
  // What the command is about: a project, a member, a role and so on.
  std::string id;
  std::string organization;
  std::string query;
  std::string name;
  std::string email;
  std::vector<std::string> roles;
  std::string account;
  // "on" or "off".
  std::string basic_auth;
  std::string secret_out;
  std::vector<std::string> kits;
  std::vector<std::string> devices;
  bool dry_run = false;

  // The organization if one is named, else the project.
  Realm RealmOf(const DisruptiveSession& session) const {
    if (organization.empty()) {
      return {Realm::Kind::kProject, session.project()};
    }
    return {Realm::Kind::kOrganization, organization};
  }
};

using Body = absl::Status (*)(const AccountOptions&, DisruptiveSession&);

// One group, `sluice disruptive NAME`, and adding commands to it.
class Group {
 public:
  Group(CLI::App& parent, const char* name, const char* what,
        const DisruptiveCommands& commands)
      : group_(parent.add_subcommand(name, what)), commands_(commands) {
    group_->require_subcommand(1);
  }

  // `id`: what the command's argument is called; null: it has none.
  std::pair<CLI::App*, AccountOptions*> Add(const char* name, const char* what,
                                            const char* id, Body body) {
    auto options = std::make_shared<AccountOptions>();
    CLI::App* command = commands_.Add(*group_, name, what, options.get());
    if (id != nullptr) AddPositional(command, id, &options->id, "Its id");
    commands_.OnRun(command, options, [options, body](DisruptiveSession& s) {
      return body(*options, s);
    });
    return {command, options.get()};
  }

 private:
  CLI::App* group_;
  const DisruptiveCommands& commands_;
};

using Added = std::pair<CLI::App*, AccountOptions*>;

void TakeOrganization(Added added, const char* what) {
  added.first->add_option("--organization", added.second->organization, what)
      ->type_name("ID");
}

void TakeName(Added added) {
  added.first->add_option("--name", added.second->name, "Display name")
      ->type_name("TEXT");
}

void TakeRoles(Added added) {
  AddRepeated(added.first, "--role", &added.second->roles,
              "project.user, project.developer, project.admin or "
              "organization.admin",
              "ROLE");
}

void TakeAccount(Added added) {
  added.first
      ->add_option("--account", added.second->account,
                   "Id of the service account")
      ->required()
      ->type_name("ID");
}

void TakeBasicAuth(Added added) {
  added.first
      ->add_option("--basic-auth", added.second->basic_auth,
                   "May send its key itself: on or off")
      ->check(CLI::IsMember({"on", "off"}))
      ->type_name("ON|OFF");
}

void AddProjects(CLI::App& parent, const DisruptiveCommands& commands) {
  Group group(parent, "projects", "Look after projects", commands);
  Added list = group.Add(
      "list", "List projects", nullptr,
      [](const AccountOptions& o, DisruptiveSession& s) {
        return s.ShowList(disruptive::ListProjects(o.organization, o.query));
      });
  TakeOrganization(list, "Only of this organization");
  list.first->add_option("--query", list.second->query, "Words of the name")
      ->type_name("TEXT");
  group.Add("get", "Show a project", "PROJECT",
            [](const AccountOptions& o, DisruptiveSession& s) {
              return s.Show(disruptive::GetProject(o.id));
            });
  Added create = group.Add(
      "create", "Make a project", nullptr,
      [](const AccountOptions& o, DisruptiveSession& s) {
        return s.Show(disruptive::CreateProject(o.organization, o.name));
      });
  TakeOrganization(create, "The organization it belongs to");
  TakeName(create);
  TakeName(group.Add("update", "Rename a project", "PROJECT",
                     [](const AccountOptions& o, DisruptiveSession& s) {
                       return s.Do(disruptive::UpdateProject(o.id, o.name),
                                   absl::StrCat("renamed ", o.id));
                     }));
  group.Add("delete", "Delete a project, which must be empty", "PROJECT",
            [](const AccountOptions& o, DisruptiveSession& s) {
              return s.Do(disruptive::DeleteProject(o.id),
                          absl::StrCat("deleted ", o.id));
            });
}

void AddOrganizations(CLI::App& parent, const DisruptiveCommands& commands) {
  Group group(parent, "organizations", "Look at organizations", commands);
  group.Add("list", "List organizations", nullptr,
            [](const AccountOptions&, DisruptiveSession& s) {
              return s.ShowList(disruptive::ListOrganizations());
            });
  group.Add("get", "Show an organization", "ORGANIZATION",
            [](const AccountOptions& o, DisruptiveSession& s) {
              return s.Show(disruptive::GetOrganization(o.id));
            });
}

void AddMembers(CLI::App& parent, const DisruptiveCommands& commands) {
  constexpr char kOrganization[] = "Of this organization, not of the project";
  Group group(parent, "members",
              "Look after members of a project or organization", commands);
  TakeOrganization(
      group.Add("list", "List members", nullptr,
                [](const AccountOptions& o, DisruptiveSession& s) {
                  return s.ShowList(disruptive::ListMembers(o.RealmOf(s)));
                }),
      kOrganization);
  Added add = group.Add(
      "add", "Invite somebody, or add a service account", nullptr,
      [](const AccountOptions& o, DisruptiveSession& s) {
        return s.Show(disruptive::AddMember(o.RealmOf(s), o.id, o.roles));
      });
  AddPositional(add.first, "EMAIL", &add.second->id, "E-mail address");
  TakeOrganization(add, kOrganization);
  TakeRoles(add);
  TakeOrganization(
      group.Add("get", "Show a member", "MEMBER",
                [](const AccountOptions& o, DisruptiveSession& s) {
                  return s.Show(disruptive::GetMember(o.RealmOf(s), o.id));
                }),
      kOrganization);
  TakeRoles(group.Add(
      "update", "Change the roles of a member of a project", "MEMBER",
      [](const AccountOptions& o, DisruptiveSession& s) {
        return s.Show(disruptive::UpdateMember(s.project(), o.id, o.roles));
      }));
  TakeOrganization(group.Add("remove", "Remove a member", "MEMBER",
                             [](const AccountOptions& o, DisruptiveSession& s) {
                               return s.Do(
                                   disruptive::RemoveMember(o.RealmOf(s), o.id),
                                   absl::StrCat("removed ", o.id));
                             }),
                   kOrganization);
  TakeOrganization(
      group.Add(
          "invite-url", "Show where somebody accepts the invitation", "MEMBER",
          [](const AccountOptions& o, DisruptiveSession& s) {
            return s.Show(disruptive::GetMemberInviteUrl(o.RealmOf(s), o.id));
          }),
      kOrganization);
  auto options = std::make_shared<AccountOptions>();
  CLI::App* permissions = commands.Add(
      parent, "permissions", "List what we may do in a project or organization",
      options.get());
  TakeOrganization({permissions, options.get()}, kOrganization);
  commands.OnRun(permissions, options, [options](DisruptiveSession& s) {
    return s.ShowList(disruptive::ListPermissions(options->RealmOf(s)));
  });
}

void AddRoles(CLI::App& parent, const DisruptiveCommands& commands) {
  Group group(parent, "roles", "Look at roles", commands);
  group.Add("list", "List roles", nullptr,
            [](const AccountOptions&, DisruptiveSession& s) {
              return s.ShowList(disruptive::ListRoles());
            });
  group.Add("get", "Show a role and its permissions", "ROLE",
            [](const AccountOptions& o, DisruptiveSession& s) {
              return s.Show(disruptive::GetRole(o.id));
            });
}

void AddServiceAccounts(CLI::App& parent, const DisruptiveCommands& commands) {
  Group group(parent, "accounts", "Look after service accounts of a project",
              commands);
  group.Add("list", "List service accounts", nullptr,
            [](const AccountOptions&, DisruptiveSession& s) {
              return s.ShowList(disruptive::ListServiceAccounts(s.project()));
            });
  group.Add("get", "Show a service account", "ACCOUNT",
            [](const AccountOptions& o, DisruptiveSession& s) {
              return s.Show(disruptive::GetServiceAccount(s.project(), o.id));
            });
  Added create = group.Add("create", "Make a service account", nullptr,
                           [](const AccountOptions& o, DisruptiveSession& s) {
                             return s.Show(disruptive::CreateServiceAccount(
                                 s.project(), o.name, o.basic_auth == "on"));
                           });
  TakeName(create);
  TakeBasicAuth(create);
  Added update = group.Add(
      "update", "Change a service account", "ACCOUNT",
      [](const AccountOptions& o, DisruptiveSession& s) {
        return s.Show(disruptive::UpdateServiceAccount(
            s.project(), o.id,
            o.name.empty() ? std::nullopt : std::optional(o.name),
            o.basic_auth.empty() ? std::nullopt
                                 : std::optional(o.basic_auth == "on")));
      });
  TakeName(update);
  TakeBasicAuth(update);
  group.Add("delete", "Delete a service account", "ACCOUNT",
            [](const AccountOptions& o, DisruptiveSession& s) {
              return s.Do(disruptive::DeleteServiceAccount(s.project(), o.id),
                          absl::StrCat("deleted ", o.id));
            });
}

// Makes a key and puts its secret, which is never shown again, into a new file
// that only its owner may read. The file is made first: a secret without a
// place would be lost.
absl::Status CreateKeyInFile(const AccountOptions& options,
                             DisruptiveSession& session) {
  const int file = open(options.secret_out.c_str(),
                        O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("--secret-out: cannot make the file ", options.secret_out,
                     "; it must not exist yet"));
  }
  const auto created =
      session.Send(disruptive::CreateKey(session.project(), options.account));
  const std::string secret = created.ok() ? created->secret() : "";
  const bool written = write(file, secret.data(), secret.size()) ==
                       static_cast<ssize_t>(secret.size());
  const bool kept = close(file) == 0 && written;
  if (!created.ok()) {
    unlink(options.secret_out.c_str());
    return created.status();
  }
  session.ShowItem(created->key());
  if (kept) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("the secret could not be written to ", options.secret_out,
                   "; delete the key ", created->key().id()));
}

void AddKeys(CLI::App& parent, const DisruptiveCommands& commands) {
  Group group(parent, "keys", "Look after keys of a service account", commands);
  TakeAccount(group.Add("list", "List keys", nullptr,
                        [](const AccountOptions& o, DisruptiveSession& s) {
                          return s.ShowList(
                              disruptive::ListKeys(s.project(), o.account));
                        }));
  TakeAccount(group.Add("get", "Show a key", "KEY",
                        [](const AccountOptions& o, DisruptiveSession& s) {
                          return s.Show(
                              disruptive::GetKey(s.project(), o.account, o.id));
                        }));
  Added create = group.Add("create", "Make a key", nullptr, &CreateKeyInFile);
  TakeAccount(create);
  create.first
      ->add_option("--secret-out", create.second->secret_out,
                   "New file for its secret, which is never shown again")
      ->required()
      ->type_name("FILE");
  TakeAccount(group.Add("delete", "Delete a key", "KEY",
                        [](const AccountOptions& o, DisruptiveSession& s) {
                          return s.Do(disruptive::DeleteKey(s.project(),
                                                            o.account, o.id),
                                      absl::StrCat("deleted ", o.id));
                        }));
}

void AddClaim(CLI::App& parent, const DisruptiveCommands& commands) {
  Group group(parent, "claim", "Take devices into a project", commands);
  TakeOrganization(
      group.Add("info", "Show what an identifier on a device stands for",
                "IDENTIFIER",
                [](const AccountOptions& o, DisruptiveSession& s) {
                  return s.Show(disruptive::GetClaimInfo(o.id, o.organization));
                }),
      "The organization that would claim it");
  Added devices = group.Add("devices", "Claim kits and devices", nullptr,
                            [](const AccountOptions& o, DisruptiveSession& s) {
                              return s.Show(disruptive::ClaimDevices(
                                  s.project(), o.kits, o.devices, o.dry_run));
                            });
  AddRepeated(devices.first, "--kit", &devices.second->kits, "This kit", "ID");
  AddRepeated(devices.first, "--device", &devices.second->devices,
              "This device", "ID");
  devices.first->add_flag("--dry-run", devices.second->dry_run,
                          "Only say what would be claimed");
}

}  // namespace

void AddDisruptiveAccounts(CLI::App& parent,
                           const DisruptiveCommands& commands) {
  AddProjects(parent, commands);
  AddOrganizations(parent, commands);
  AddMembers(parent, commands);
  AddRoles(parent, commands);
  AddServiceAccounts(parent, commands);
  AddKeys(parent, commands);
  AddClaim(parent, commands);
}

}  // namespace sluice
