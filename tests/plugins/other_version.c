/* A library for a version of the ABI that comes after the present one. */
#include "pipeline/abi/plugin_abi.h"

const SluicePluginLibrary sluice_plugin_library = {
    sizeof(SluicePluginLibrary), SLUICE_ABI_MAJOR + 1, 3, 0, NULL};
