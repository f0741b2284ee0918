/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Types scalars as go.yaml.in/yaml/v2 does, which kubectl reads kubeconfigs with: a plain "no" is a flag, a plain
 * 0x10 a number.
 */
#include "kubernetes/config/yaml_scalar.h"

#include "base/base64.h"
#include "base/secret.h"

#include <errno.h>
#include <leaderlife/leaderlife.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TAG "tag:yaml.org,2002:"

enum { EXPONENT_MAX = 308 };

/* What a plain scalar looks like. */
enum look { LOOK_TEXT, LOOK_NULL, LOOK_ON, LOOK_OFF, LOOK_INTEGER, LOOK_FRACTION, LOOK_NO_NUMBER };

static const struct {
    char word[6];
    enum look look;
} words[] = {
    {"", LOOK_NULL},
    {"~", LOOK_NULL},
    {"null", LOOK_NULL},
    {"Null", LOOK_NULL},
    {"NULL", LOOK_NULL},
    {"y", LOOK_ON},
    {"Y", LOOK_ON},
    {"yes", LOOK_ON},
    {"Yes", LOOK_ON},
    {"YES", LOOK_ON},
    {"true", LOOK_ON},
    {"True", LOOK_ON},
    {"TRUE", LOOK_ON},
    {"on", LOOK_ON},
    {"On", LOOK_ON},
    {"ON", LOOK_ON},
    {"n", LOOK_OFF},
    {"N", LOOK_OFF},
    {"no", LOOK_OFF},
    {"No", LOOK_OFF},
    {"NO", LOOK_OFF},
    {"false", LOOK_OFF},
    {"False", LOOK_OFF},
    {"FALSE", LOOK_OFF},
    {"off", LOOK_OFF},
    {"Off", LOOK_OFF},
    {"OFF", LOOK_OFF},
    {".nan", LOOK_NO_NUMBER},
    {".NaN", LOOK_NO_NUMBER},
    {".NAN", LOOK_NO_NUMBER},
    {".inf", LOOK_NO_NUMBER},
    {".Inf", LOOK_NO_NUMBER},
    {".INF", LOOK_NO_NUMBER},
    {"+.inf", LOOK_NO_NUMBER},
    {"+.Inf", LOOK_NO_NUMBER},
    {"+.INF", LOOK_NO_NUMBER},
    {"-.inf", LOOK_NO_NUMBER},
    {"-.Inf", LOOK_NO_NUMBER},
    {"-.INF", LOOK_NO_NUMBER},
};

/* ---- Numbers ---- */

/* As Go's ParseInt and ParseUint with base 0 take it; the sign is gone. */
static bool is_integer(const char *digits, bool negative, bool plus)
{
    int base = 10;
    unsigned long long value;
    char *end;

    if (digits[0] == '0' && digits[1] != '\0') {
        char mark = (char)(digits[1] | 0x20);

        base = mark == 'x' ? 16 : mark == 'b' ? 2 : 8;
        digits += mark == 'x' || mark == 'b' || mark == 'o' ? 2 : 1;
    }
    if (digits[0] == '\0' || strspn(digits, "0123456789abcdefABCDEF") != strlen(digits))
        return false;
    errno = 0;
    value = strtoull(digits, &end, base);
    if (*end != '\0' || errno != 0)
        return false;
    if (negative)
        return value <= (unsigned long long)INT64_MAX + 1;
    return !plus || value <= INT64_MAX;
}

/* Digits with a point and an exponent; the sign is gone. One too large for a double is a text. */
static bool is_fraction(const char *text)
{
    size_t whole = strspn(text, "0123456789");
    const char *rest = text + whole;
    size_t zeros = strspn(text, "0");
    long exponent = (long)(whole - (zeros < whole ? zeros : whole));
    size_t after = 0;

    if (*rest == '.') {
        rest++;
        after = strspn(rest, "0123456789");
        if (exponent == 0)
            exponent = -(long)strspn(rest, "0");
        rest += after;
    }
    if (whole == 0 && after == 0)
        return false;
    if (*rest == 'e' || *rest == 'E') {
        const char *digits = rest + 1 + (rest[1] == '-' || rest[1] == '+');

        if (digits[0] == '\0' || digits[strspn(digits, "0123456789")] != '\0')
            return false;
        errno = 0;
        long given = strtol(rest + 1, NULL, 10);
        exponent = errno != 0 ? given : exponent + given;
        rest = digits + strlen(digits);
    }
    bool is_zero = text[strspn(text, "0.")] == '\0' || strchr("eE", text[strspn(text, "0.")]) != NULL;
    return *rest == '\0' && (is_zero || exponent <= EXPONENT_MAX + 1);
}

static enum look look_at_number(const char *text)
{
    bool negative = text[0] == '-';
    bool plus = text[0] == '+';
    const char *digits = text + (negative || plus);

    if (is_integer(digits, negative, plus))
        return LOOK_INTEGER;
    return is_fraction(digits) ? LOOK_FRACTION : LOOK_TEXT;
}

static enum look look_at(const char *text)
{
    char plain[512]; /* longer ones are no numbers that anybody means */
    size_t used = 0;

    if (text[0] != '\0' && strchr("+-0123456789yYnNtTfFoO~.", text[0]) == NULL)
        return LOOK_TEXT;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(text, words[i].word) == 0)
            return words[i].look;
    if (strchr("+-0123456789.", text[0]) == NULL)
        return LOOK_TEXT;
    if (text[0] == '.')
        return is_fraction(text) ? LOOK_FRACTION : LOOK_TEXT;
    for (const char *c = text; *c != '\0'; c++) {
        if (used == sizeof plain - 1)
            return text[strspn(text, "0123456789")] == '\0' ? LOOK_FRACTION : LOOK_TEXT;
        if (*c != '_')
            plain[used++] = *c;
    }
    plain[used] = '\0';
    return look_at_number(plain);
}

/* ---- Tags ---- */

static bool is_tag(const char *tag, const char *name)
{
    return tag != NULL && strncmp(tag, TAG, sizeof TAG - 1) == 0 && strcmp(tag + sizeof TAG - 1, name) == 0;
}

/* Whether the tag says what the value is, so that it must look like that. */
static bool is_judged(const char *tag)
{
    return tag == NULL || is_tag(tag, "bool") || is_tag(tag, "int") || is_tag(tag, "float") || is_tag(tag, "null") ||
           is_tag(tag, "timestamp");
}

static bool fits(const char *tag, enum look look, const char *text)
{
    if (tag == NULL)
        return true;
    if (is_tag(tag, "bool"))
        return look == LOOK_ON || look == LOOK_OFF;
    if (is_tag(tag, "int"))
        return look == LOOK_INTEGER;
    if (is_tag(tag, "float"))
        return look == LOOK_FRACTION || look == LOOK_NO_NUMBER || look == LOOK_INTEGER;
    if (is_tag(tag, "null"))
        return look == LOOK_NULL;
    return strspn(text, "0123456789") == 4 && text[4] == '-';
}

static void type_as(struct tree *value, enum look look)
{
    static const enum tree_kind kinds[] = {
        [LOOK_TEXT] = TREE_TEXT,        [LOOK_NULL] = TREE_NULL,      [LOOK_ON] = TREE_FLAG,
        [LOOK_OFF] = TREE_FLAG,         [LOOK_INTEGER] = TREE_NUMBER, [LOOK_FRACTION] = TREE_NUMBER,
        [LOOK_NO_NUMBER] = TREE_NUMBER,
    };

    value->kind = kinds[look];
    value->on = look == LOOK_ON;
    value->odd = look == LOOK_NO_NUMBER;
}

/* ---- The whole ---- */

static int decode_binary(struct tree *value)
{
    size_t size = 0;
    char *bytes;

    if (!base64_is_strict(value->text))
        return LEADERLIFE_ECONFIG;
    bytes = base64_decode(value->text, strlen(value->text), false, &size);
    if (bytes == NULL)
        return errno == ENOMEM ? LEADERLIFE_ENOMEM : LEADERLIFE_ECONFIG;
    secret_free(value->text);
    value->text = bytes;
    value->odd = strlen(bytes) != size;
    for (const char *c = bytes; *c != '\0'; c++)
        if ((unsigned char)*c > '~')
            value->odd = true;
    return LEADERLIFE_OK;
}

int yaml_scalar_resolve(const yaml_event_t *scalar, struct tree *value)
{
    const char *tag = (const char *)scalar->data.scalar.tag;
    size_t length = scalar->data.scalar.length;
    enum look look;

    value->kind = TREE_TEXT;
    value->text = malloc(length + 1);
    if (value->text == NULL)
        return LEADERLIFE_ENOMEM;
    memcpy(value->text, scalar->data.scalar.value, length);
    value->text[length] = '\0';
    value->odd = strlen(value->text) != length;
    if (is_tag(tag, "binary"))
        return decode_binary(value);
    if (value->odd || !is_judged(tag) || (tag == NULL && !scalar->data.scalar.plain_implicit))
        return LEADERLIFE_OK;
    look = look_at(value->text);
    if (!fits(tag, look, value->text))
        return LEADERLIFE_ECONFIG;
    type_as(value, look);
    return LEADERLIFE_OK;
}

bool yaml_scalar_is_merge(const yaml_event_t *scalar)
{
    return scalar->type == YAML_SCALAR_EVENT && strcmp((const char *)scalar->data.scalar.value, "<<") == 0 &&
           (scalar->data.scalar.plain_implicit || is_tag((const char *)scalar->data.scalar.tag, "merge"));
}
