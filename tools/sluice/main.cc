// The one binary, with the plugins of this tree.
#include "plugins/builtin/builtin.h"
#include "tools/sluice/sluice_main.h"

int main(int argc, char** argv) {
  return sluice::SluiceMain(argc, argv, {sluice::RegisterBuiltinPlugins});
}
