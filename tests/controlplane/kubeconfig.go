// SPDX-License-Identifier: Apache-2.0

// Component `kubeconfig`: what the real client-go makes of kubeconfig files, for the tests in
// tests/compatibility. Each line of the input is a case in JSON, each line of the output its answer: what a
// client would use, or why it refuses. It goes as far as a client can without a network: the transport is
// made, and what would only fail with the first request (a header that cannot be sent, a port that cannot be
// dialled, a plugin that needs a terminal) counts as refused, too.
package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/klog/v2"
)

// configCase is a case: one path, or several that are merged.
type configCase struct {
	Path    string `json:"path"`
	List    string `json:"list"`
	Context string `json:"context"`
	Server  string `json:"server"`
}

// configPlugin is a credential plugin as it would be run.
type configPlugin struct {
	Argv    []string `json:"argv"`
	Env     []string `json:"env"`
	Version string   `json:"version"`
	Tell    bool     `json:"tell"`
	Extra   bool     `json:"extra"` // the cluster has something for it that we do not hand on
}

// configAnswer is what a client would use. Of what is secret, or large, a hash.
type configAnswer struct {
	Refused     string        `json:"refused,omitempty"`
	Late        bool          `json:"late,omitempty"` // only the TLS material is wrong; the rest is filled in
	Server      string        `json:"server,omitempty"`
	ServerName  string        `json:"server_name,omitempty"`
	CA          string        `json:"ca,omitempty"`
	Token       string        `json:"token,omitempty"`
	Cert        string        `json:"cert,omitempty"`
	Key         string        `json:"key,omitempty"`
	Namespace   string        `json:"namespace,omitempty"`
	Proxy       string        `json:"proxy,omitempty"`
	Exec        *configPlugin `json:"exec,omitempty"`
	Impersonate bool          `json:"impersonate,omitempty"`
	Insecure    bool          `json:"insecure,omitempty"`
	Basic       bool          `json:"basic,omitempty"`
	Provider    bool          `json:"provider,omitempty"`
	Anonymous   bool          `json:"anonymous,omitempty"`
	Login       bool          `json:"login,omitempty"` // the server's URL has one
}

func shortHash(content []byte) string {
	if len(content) == 0 {
		return ""
	}
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:8])
}

func dataOrFile(data []byte, file string) []byte {
	if len(data) == 0 && file != "" {
		data, _ = os.ReadFile(file)
	}
	return data
}

// splitConfigs drops what is named twice, as KUBECONFIG is read.
func splitConfigs(list string) []string {
	var paths []string
	seen := map[string]bool{}
	for _, one := range filepath.SplitList(list) {
		if !seen[one] {
			paths = append(paths, one)
		}
		seen[one] = true
	}
	return paths
}

// dialledServer is the server as requests reach it: with its port, and the path that every request begins with.
func dialledServer(config *rest.Config) (*url.URL, error) {
	made := *config
	base, _, err := rest.DefaultServerUrlFor(&made)
	if err != nil {
		return nil, err
	}
	port := base.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[base.Scheme]
	}
	number, err := strconv.Atoi(port)
	if err != nil || number < 1 || number > 65535 {
		return nil, fmt.Errorf("port %q cannot be dialled", port)
	}
	prefix := path.Join("/", base.Path)
	if prefix == "/" {
		prefix = ""
	}
	host := strings.ToLower(base.Hostname())
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return &url.URL{Scheme: base.Scheme, User: base.User, Host: host + ":" + strconv.Itoa(number), Path: prefix}, nil
}

// sentToken is the token as it leaves in a header.
func sentToken(config *rest.Config) (string, error) {
	token := config.BearerToken
	if config.BearerTokenFile != "" {
		if read, err := os.ReadFile(config.BearerTokenFile); err == nil && len(bytes.TrimSpace(read)) > 0 {
			token = string(bytes.TrimSpace(read))
		}
	}
	if !httpguts.ValidHeaderFieldValue("Bearer " + token) {
		return "", errors.New("the token cannot be sent in a header")
	}
	return strings.TrimRight(token, " \t"), nil
}

// effectiveEnvironment leaves of each variable the last, as os/exec does.
func effectiveEnvironment(env []api.ExecEnvVar) []string {
	var list []string
	seen := map[string]bool{}
	for i := len(env) - 1; i >= 0; i-- {
		pair := env[i].Name + "=" + env[i].Value
		name, _, _ := strings.Cut(pair, "=")
		if !seen[name] {
			list = append([]string{pair}, list...)
		}
		seen[name] = true
	}
	return list
}

func (got *configAnswer) takePlugin(exec *api.ExecConfig) error {
	got.Exec = &configPlugin{
		Argv:    append([]string{filepath.Clean(exec.Command)}, exec.Args...),
		Env:     effectiveEnvironment(exec.Env),
		Version: exec.APIVersion,
		Tell:    exec.ProvideClusterInfo,
		Extra:   exec.ProvideClusterInfo && exec.Config != nil,
	}
	if exec.InteractiveMode == api.AlwaysExecInteractiveMode {
		return errors.New("the plugin needs a terminal")
	}
	for _, text := range append(got.Exec.Argv, got.Exec.Env...) {
		if strings.ContainsRune(text, 0) {
			return errors.New("the plugin has a NUL in an argument")
		}
	}
	return nil
}

func (got *configAnswer) takeUser(config *rest.Config) error {
	token, err := sentToken(config)
	if err != nil {
		return err
	}
	got.Token = shortHash([]byte(token))
	got.Cert = shortHash(dataOrFile(config.CertData, config.CertFile))
	got.Key = shortHash(dataOrFile(config.KeyData, config.KeyFile))
	got.Basic = config.Username != "" || config.Password != ""
	got.Provider = config.AuthProvider != nil
	got.Impersonate = config.Impersonate.UserName != ""
	given := got.Token != "" || got.Cert != "" || got.Basic
	if config.ExecProvider != nil && !given {
		err = got.takePlugin(config.ExecProvider)
	}
	got.Anonymous = !given && config.ExecProvider == nil && !got.Provider
	return err
}

func (got *configAnswer) take(config *rest.Config) error {
	base, err := dialledServer(config)
	if err != nil {
		return err
	}
	got.Login = base.User != nil
	base.User = nil
	got.Server = base.Scheme + "://" + base.Host + base.EscapedPath()
	got.ServerName = config.ServerName
	got.Insecure = config.Insecure
	got.CA = shortHash(dataOrFile(config.CAData, config.CAFile))
	if config.Proxy != nil {
		request, _ := http.NewRequest("GET", "https://h", nil)
		proxy, err := config.Proxy(request)
		if err != nil {
			return err
		}
		got.Proxy = proxy.String()
	}
	return got.takeUser(config)
}

func (got *configAnswer) fill(asked configCase) error {
	rules := &clientcmd.ClientConfigLoadingRules{ExplicitPath: asked.Path, Precedence: splitConfigs(asked.List)}
	overrides := &clientcmd.ConfigOverrides{CurrentContext: asked.Context}
	overrides.ClusterInfo.Server = asked.Server
	loaded := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, overrides)
	config, err := loaded.ClientConfig()
	if err != nil {
		return err
	}
	if got.Namespace, _, err = loaded.Namespace(); err != nil {
		return err
	}
	if err = got.take(config); err != nil {
		return err
	}
	if _, err = rest.HTTPClientFor(config); err != nil {
		tls, _ := rest.TLSConfigFor(&rest.Config{TLSClientConfig: config.TLSClientConfig})
		got.Late = tls == nil && got.CA+got.Cert != "" && !(got.Insecure && got.CA != "")
		return err
	}
	if config.CAFile != "" && got.CA == "" {
		return errors.New("the file of the CA is empty: nothing can be verified")
	}
	return nil
}

func configAnswerTo(asked configCase) (got configAnswer) {
	if err := got.fill(asked); err != nil && got.Late {
		got.Refused = err.Error()
	} else if err != nil {
		got = configAnswer{Refused: err.Error()}
	}
	return got
}

func runKubeconfig() int {
	klog.LogToStderr(false)
	klog.SetOutput(bytes.NewBuffer(nil))
	input := bufio.NewReader(os.Stdin)
	output := bufio.NewWriter(os.Stdout)
	encoder := json.NewEncoder(output)
	for {
		line, err := input.ReadBytes('\n')
		if len(line) == 0 && err != nil {
			break
		}
		var asked configCase
		if err := json.Unmarshal(line, &asked); err != nil {
			fmt.Fprintln(os.Stderr, "kubeconfig:", err)
			return 2
		}
		if err := encoder.Encode(configAnswerTo(asked)); err != nil {
			fmt.Fprintln(os.Stderr, "kubeconfig:", err)
			return 1
		}
	}
	if err := output.Flush(); err != nil {
		return 1
	}
	return 0
}
