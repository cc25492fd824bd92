/* Owns the words of --help around the table of options. */
#ifndef ZOHO_SIM_HELP_H
#define ZOHO_SIM_HELP_H

extern const char help_about[], help_more[];

#endif
