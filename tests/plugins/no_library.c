/* A shared object like any other. */
int sluice_no_plugin(void);

int sluice_no_plugin(void) { return 1; }
