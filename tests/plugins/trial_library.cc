#include "pipeline/abi/library/export.h"
#include "tests/plugins/trial_plugin.h"

SLUICE_PLUGIN_LIBRARY(sluice::RegisterTrial)
