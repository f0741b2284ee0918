// SPDX-License-Identifier: Apache-2.0

// The control port of the fault proxy: plain HTTP and JSON on the loopback
// address, apart from the TLS port so that it works while that one is broken.
//
//	POST   /rules               add a rule, answers {"id": ...}
//	GET    /rules               all rules with hits and held counts
//	DELETE /rules[/ID]          remove all or one; held requests go on
//	POST   /rules/ID/release    let held requests go on; ?count=N the oldest N
//	GET    /requests[?since=N]  the requests seen, after sequence number N
package main

import (
	"encoding/json"
	"net/http"
	"strconv"
)

func answer(writer http.ResponseWriter, code int, value any) {
	writer.Header().Set("Content-Type", "application/json")
	writer.WriteHeader(code)
	_ = json.NewEncoder(writer).Encode(value)
}

func refuse(writer http.ResponseWriter, code int, text string) {
	answer(writer, code, map[string]string{"error": text})
}

// number reads an optional query parameter; absent is 0.
func number(request *http.Request, name string) (int, error) {
	text := request.URL.Query().Get(name)
	if text == "" {
		return 0, nil
	}
	return strconv.Atoi(text)
}

func (r *Rules) addCall(writer http.ResponseWriter, request *http.Request) {
	decoder := json.NewDecoder(request.Body)
	decoder.DisallowUnknownFields()
	var rule Rule
	if err := decoder.Decode(&rule); err != nil {
		refuse(writer, http.StatusBadRequest, err.Error())
		return
	}
	id, err := r.Add(rule)
	if err != nil {
		refuse(writer, http.StatusBadRequest, err.Error())
		return
	}
	answer(writer, http.StatusCreated, map[string]string{"id": id})
}

func (r *Rules) releaseCall(writer http.ResponseWriter, request *http.Request) {
	count, err := number(request, "count")
	if err != nil {
		refuse(writer, http.StatusBadRequest, err.Error())
		return
	}
	released, known := r.Release(request.PathValue("id"), count)
	if !known {
		refuse(writer, http.StatusNotFound, "no such rule")
		return
	}
	answer(writer, http.StatusOK, map[string]int{"released": released})
}

func (r *Rules) requestsCall(writer http.ResponseWriter, request *http.Request) {
	since, err := number(request, "since")
	if err != nil {
		refuse(writer, http.StatusBadRequest, err.Error())
		return
	}
	answer(writer, http.StatusOK, r.Requests(since))
}

// controlHandler serves the calls of the file comment.
func controlHandler(rules *Rules) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /rules", rules.addCall)
	mux.HandleFunc("GET /rules", func(writer http.ResponseWriter, _ *http.Request) {
		answer(writer, http.StatusOK, rules.List())
	})
	mux.HandleFunc("DELETE /rules", func(writer http.ResponseWriter, _ *http.Request) {
		answer(writer, http.StatusOK, map[string]int{"removed": rules.Remove("")})
	})
	mux.HandleFunc("DELETE /rules/{id}", func(writer http.ResponseWriter, request *http.Request) {
		answer(writer, http.StatusOK, map[string]int{"removed": rules.Remove(request.PathValue("id"))})
	})
	mux.HandleFunc("POST /rules/{id}/release", rules.releaseCall)
	mux.HandleFunc("GET /requests", rules.requestsCall)
	return mux
}
