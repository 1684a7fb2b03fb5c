#include "pipeline/plugin_process/program/serve.h"
#include "tests/plugins/trial_plugin.h"

SLUICE_PLUGIN_PROCESS(sluice::RegisterTrial)
