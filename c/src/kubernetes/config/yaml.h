/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One YAML file as a tree of values, typed as Go's YAML types them, since kubectl reads it so: aliases and merges
 * are followed, and of a key that is there twice the last counts. The only includers of libyaml are yaml.c and
 * yaml_scalar.c. Size, depth and number of values are bounded.
 */
#ifndef LEADERLIFE_KUBERNETES_CONFIG_YAML_H
#define LEADERLIFE_KUBERNETES_CONFIG_YAML_H

#include <stdbool.h>
#include <stddef.h>

enum tree_kind { TREE_NULL, TREE_FLAG, TREE_NUMBER, TREE_TEXT, TREE_LIST, TREE_MAP };

struct tree_pair {
    char *key; /* NULL in a list */
    struct tree *value;
};

/* A value. Aliases share it; the file owns it. */
struct tree {
    struct tree *next; /* of the file's */
    enum tree_kind kind;
    bool on;   /* a flag that is set */
    bool odd;  /* a text with NUL or with what is no UTF-8, a number that JSON does not have */
    bool open; /* not read to its end yet: what is in it cannot be itself */
    size_t line;
    size_t weight; /* the values in it and itself, with each alias written out; a long text weighs more */
    char *text;    /* as it is written; of a text, a flag and a number */
    struct tree_pair *pairs;
    size_t count;
    size_t room;
};

enum { YAML_FILE_MAX = 1 << 20 };

struct yaml_file {
    char *path;
    struct tree *values; /* all */
    struct tree *root;   /* NULL: there is nothing in it */
};

/* LEADERLIFE_OK, _ECONFIG, _ENOMEM with a text. */
int yaml_file_load(struct yaml_file *ret, const char *path, char *text, size_t size);

/* What yaml_file_load does with the bytes of the file; _ENOMEM has no text. What was made is in the file also on
 * failure. */
int yaml_file_read(struct yaml_file *file, const char *bytes, size_t length, char *text, size_t size);

/* Wipes the values: tokens and keys are among them. */
void yaml_file_clear(struct yaml_file *file);

/* The value of a key; NULL if there is none, if it is null, and if map is NULL or no map. */
const struct tree *yaml_tree_get(const struct tree *map, const char *key);

/* The text of a value; NULL for none, "" and what is no text. */
const char *yaml_tree_text(const struct tree *value);

/* "text", "number" and so on. */
const char *yaml_tree_kind_name(enum tree_kind kind);

#endif
