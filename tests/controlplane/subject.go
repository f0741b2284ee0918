// SPDX-License-Identifier: Apache-2.0

// Who sent a request, as its bearer token says. The proxy does not verify the
// token, the API server behind it does; a rule only needs to tell one
// candidate's requests from another's, whose tokens share a ServiceAccount and
// differ in the pod that they are bound to.
package main

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
)

// Subject is what the log shows of a token; the token itself is never kept.
type Subject struct {
	User string
	Pod  string
}

type claims struct {
	Subject    string `json:"sub"`
	Kubernetes struct {
		Pod struct {
			Name string `json:"name"`
		} `json:"pod"`
	} `json:"kubernetes.io"`
}

// subjectOf is empty for anything that is not a JWT.
func subjectOf(request *http.Request) Subject {
	token, bearer := strings.CutPrefix(request.Header.Get("Authorization"), "Bearer ")
	parts := strings.Split(token, ".")
	if !bearer || len(parts) != 3 {
		return Subject{}
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return Subject{}
	}
	var read claims
	if json.Unmarshal(payload, &read) != nil {
		return Subject{}
	}
	return Subject{User: read.Subject, Pod: read.Kubernetes.Pod.Name}
}
