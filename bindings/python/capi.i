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
        error = PyObject_CallMethod(module, "error_for", "is", status, text[0] != '\0' ? text : leaderlife_strerror(status));
    if (error != NULL)
        PyErr_SetObject((PyObject *)Py_TYPE(error), error);
    Py_XDECREF(error);
    Py_XDECREF(module);
}
%}

%typemap(out) leaderlife_status {
    if ($1 != LEADERLIFE_OK) {
        raise_status($1, arg1);
        SWIG_fail;
    }
    $result = SWIG_Py_Void();
}

/* A handle that is FAILED from birth says why, and goes again. */
%typemap(in, numinputs=0) leaderlife_election **ret_election (leaderlife_election *made = NULL) "$1 = &made;"
%typemap(out) leaderlife_status leaderlife_election_new {
    if ($1 != LEADERLIFE_OK) {
        raise_status($1, *arg2);
        leaderlife_election_free(*arg2);
        SWIG_fail;
    }
}
%typemap(argout) leaderlife_election **ret_election {
    $result = SWIG_NewPointerObj(*$1, SWIGTYPE_p_leaderlife_election, 0);
}

/* The only call that may take long: up to 15 s. */
%exception leaderlife_election::prepare_exec {
    Py_BEGIN_ALLOW_THREADS
    $action
    Py_END_ALLOW_THREADS
}

%rename(set_option) leaderlife_election::set; /* "set" would be a warning */

%include "../leaderlife.i"
