// SPDX-License-Identifier: Apache-2.0

// Which proxy Go's own HTTP client, and so client-go, takes of the environment:
// one answer for each line of standard input.

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"strconv"

	"golang.org/x/net/http/httpproxy"
)

type proxyQuestion struct {
	Server  string `json:"server"`
	Proxy   string `json:"https_proxy"`
	NoProxy string `json:"no_proxy"`
}

type proxyAnswer struct {
	Asked  bool   `json:"asked"`  // any proxy would be taken: NO_PROXY does not name the server
	Usable bool   `json:"usable"` // the one that is given can be spoken to
	URL    string `json:"url"`    // without the login
	User   string `json:"user"`
	Secret string `json:"password"`
}

// chosen is nil if the server is reached directly.
func chosen(question proxyQuestion, proxy string) (*url.URL, error) {
	server, err := url.Parse(question.Server)
	if err != nil {
		return nil, err
	}
	config := httpproxy.Config{HTTPSProxy: proxy, NoProxy: question.NoProxy}
	return config.ProxyFunc()(server)
}

// usualPort is net/http's; only these schemes are spoken.
var usualPort = map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}

func answerFor(question proxyQuestion) (proxyAnswer, error) {
	some, err := chosen(question, "http://proxy.example:1")
	if err != nil {
		return proxyAnswer{}, err
	}
	answer := proxyAnswer{Asked: some != nil}
	taken, err := chosen(question, question.Proxy)
	if err != nil || taken == nil {
		return answer, err
	}
	port := taken.Port()
	if port == "" {
		port = usualPort[taken.Scheme]
	}
	number, err := strconv.Atoi(port)
	answer.Usable = err == nil && number > 0 && number < 65536 && taken.Hostname() != ""
	host := taken.Hostname()
	if taken.Host != "" && taken.Host[0] == '[' {
		host = "[" + host + "]"
	}
	answer.URL = fmt.Sprintf("%s://%s:%s", taken.Scheme, host, port)
	answer.User = taken.User.Username()
	answer.Secret, _ = taken.User.Password()
	return answer, nil
}

func runNoProxy() int {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var question proxyQuestion
		if err := json.Unmarshal(lines.Bytes(), &question); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		answer, err := answerFor(question)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		if err := out.Encode(answer); err != nil {
			return 1
		}
	}
	return 0
}
