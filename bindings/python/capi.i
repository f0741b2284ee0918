/* SPDX-License-Identifier: Apache-2.0 */
/*
 * leaderlife.capi: the C functions as Python functions of a handle, without a generated Python file (-noproxy). A
 * failure raises what leaderlife.errors makes of its status; the package owns the handles.
 */
%module(package="leaderlife") capi

%{
#include <leaderlife/leaderlife.h>

/* Raises the exception for a status; the text is the handle's own where it has one. */
static void raise_status(int status, const leaderlife_election *election)
{
    const char *text = election != NULL ? leaderlife_election_error_text(election) : "";
    PyObject *module = PyImport_ImportModule("leaderlife.errors");
    PyObject *error = NULL;

    if (module != NULL)
        error = PyObject_CallMethod(module, "error_for", "is", status,
                                    text[0] != '\0' ? text : leaderlife_strerror(status));
    if (error != NULL)
        PyErr_SetObject((PyObject *)Py_TYPE(error), error);
    Py_XDECREF(error);
    Py_XDECREF(module);
}

/* The text of a str, which keeps it; NULL for None. SWIG's own copies it, and does not ask whether it could. */
static int read_text(PyObject *object, char **ret_text)
{
    *ret_text = NULL;
    if (object == Py_None)
        return 1;
    if (PyUnicode_Check(object))
        *ret_text = (char *)PyUnicode_AsUTF8AndSize(object, NULL);
    else
        PyErr_SetString(PyExc_TypeError, "a text must be a str or None");
    return *ret_text != NULL;
}

/* The election behind an object that has it as its `this`, or that election_new() has given out. SWIG's own may
 * allocate for that, and does not ask whether it could. */
static int read_election(PyObject *object, leaderlife_election **ret_election)
{
    PyObject *name = SWIG_This();
    PyObject *made = name == NULL ? NULL : PyObject_GetAttr(object, name);
    void *election = NULL;
    int found;

    if (made == NULL && !PyErr_ExceptionMatches(PyExc_AttributeError))
        return 0;
    PyErr_Clear();
    found = SWIG_IsOK(SWIG_ConvertPtr(made != NULL ? made : object, &election, SWIGTYPE_p_leaderlife_election, 0));
    Py_XDECREF(made);
    if (!found && !PyErr_Occurred())
        PyErr_SetString(PyExc_TypeError, "this is not an election");
    *ret_election = (leaderlife_election *)election;
    return found;
}

static PyObject *text_object(const char *text)
{
    return text == NULL ? SWIG_Py_Void() : PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "surrogateescape");
}
%}

%typemap(in) leaderlife_election *self, struct leaderlife_election *self "if (!read_election($input, &$1)) SWIG_fail;"
%typemap(in) const char * "if (!read_text($input, &$1)) SWIG_fail;"
%typemap(freearg) const char * ""
%typemap(out) const char * "$result = text_object($1);"

%typemap(out) leaderlife_status {
    if ($1 != LEADERLIFE_OK) {
        raise_status($1, arg1);
        SWIG_fail;
    }
    $result = SWIG_Py_Void();
}

/* What C gives out has its object before it is made: Python may have no memory for that. */
%exception leaderlife_election_new {
    resultobj = SWIG_This() == NULL ? NULL : SwigPyObject_New(NULL, SWIGTYPE_p_leaderlife_election, 0);
    if (resultobj == NULL)
        SWIG_fail;
    $action
}
/* A handle that is FAILED from birth says why, and goes again. */
%typemap(in, numinputs=0) leaderlife_election **ret_election (leaderlife_election *made = NULL) "$1 = &made;"
%typemap(out) leaderlife_status leaderlife_election_new {
    if ($1 != LEADERLIFE_OK) {
        Py_DECREF(resultobj);
        raise_status($1, *arg2);
        leaderlife_election_free(*arg2);
        SWIG_fail;
    }
}
%typemap(argout) leaderlife_election **ret_election "((SwigPyObject *)$result)->ptr = *$1;"
%exception leaderlife_election::pop_event {
    resultobj = SwigPyObject_New(NULL, SWIGTYPE_p_leaderlife_event, 0);
    if (resultobj == NULL)
        SWIG_fail;
    $action
}
%typemap(out) leaderlife_event *pop_event {
    ((SwigPyObject *)$result)->ptr = $1;
    if ($1 == NULL) {
        Py_DECREF($result);
        $result = SWIG_Py_Void();
    }
}

/* The only call that may take long: up to 15 s. */
%exception leaderlife_election::prepare_exec {
    Py_BEGIN_ALLOW_THREADS
    $action
    Py_END_ALLOW_THREADS
}

%rename(set_option) leaderlife_election::set; /* "set" would be a warning */

%include "../leaderlife.i"
