// Command read_session prints the session token of a Coder deployment:
//
//	go run . https://dev.example.com
//
// Without an argument it is the deployment in CODER_URL. The token is looked for where all Coder clients keep it: on
// Windows in the Credential Manager, and then, as on other systems, in two plaintext files.
package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf16"
)

// A variable, so that a build can name another one: -ldflags "-X main.targetName=…".
var targetName = "coder-v2-credentials"

// session is what is stored of one deployment.
type session struct {
	CoderURL string `json:"coder_url"`
	APIToken string `json:"api_token"`
}

func main() {
	token, err := findToken(deployment())
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
	fmt.Println(token)
}

func deployment() string {
	if len(os.Args) > 1 {
		return os.Args[1]
	}
	return os.Getenv("CODER_URL")
}

func findToken(deployment string) (string, error) {
	origin := findOrigin(deployment)
	if origin == "" {
		return "", errors.New("name a deployment by its URL, such as https://dev.example.com")
	}
	token, err := readCredential(origin)
	if token == "" && err == nil {
		token, err = readFiles(origin)
	}
	if token == "" && err == nil {
		err = fmt.Errorf("no session of %s is stored here; log in with: coder login %s", origin, origin)
	}
	return token, err
}

// findOrigin returns scheme, host and port of a URL as a session records them: without a default port. It returns ""
// for what is no URL of a deployment.
func findOrigin(text string) string {
	parsed, err := url.Parse(strings.TrimSpace(text))
	if err != nil || parsed.Hostname() == "" {
		return ""
	}
	host := strings.ToLower(parsed.Host)
	switch parsed.Scheme {
	case "https":
		return "https://" + strings.TrimSuffix(host, ":443")
	case "http":
		return "http://" + strings.TrimSuffix(host, ":80")
	}
	return ""
}

// readCredential returns the token of origin in the Credential Manager, "" where there is none, and on other systems.
func readCredential(origin string) (string, error) {
	blob, err := readBlob(targetName)
	if blob == nil || err != nil {
		return "", err
	}
	blob = toUTF8(blob)
	_, host, _ := strings.Cut(origin, "://")
	// A map from host to session, or a single session, the form at first. An error of encoding/json is not shown: it can
	// repeat what is stored.
	var stored map[string]json.RawMessage
	if json.Unmarshal(blob, &stored) != nil {
		return "", errors.New("the stored session can't be understood")
	}
	var found session
	if json.Unmarshal(blob, &found) != nil || found.APIToken == "" {
		found = session{}
		_ = json.Unmarshal(stored[host], &found) // what is no session stays empty
	}
	if !isFor(found.CoderURL, origin, host) {
		return "", nil
	}
	return found.APIToken, nil
}

// toUTF8 returns JSON as UTF-8 without a byte-order mark. In UTF-8 it has no byte 0: otherwise it is UTF-16, as Control
// Panel leaves it after an edit.
func toUTF8(blob []byte) []byte {
	if bytes.IndexByte(blob, 0) >= 0 {
		units := make([]uint16, len(blob)/2)
		for i := range units {
			units[i] = binary.LittleEndian.Uint16(blob[2*i:])
		}
		blob = []byte(string(utf16.Decode(units)))
	}
	return bytes.TrimPrefix(blob, []byte("\ufeff"))
}

// isFor tells whether a session that records this URL is one of origin: a token for https must not go out by http.
// Older clients record the host alone. That is read as https, and on this machine as http too.
func isFor(recorded, origin, host string) bool {
	if strings.Contains(recorded, "://") {
		return findOrigin(recorded) == origin
	}
	return recorded == host && (strings.HasPrefix(origin, "https:") || isThisMachine(origin))
}

func isThisMachine(origin string) bool {
	parsed, err := url.Parse(origin)
	if err != nil {
		return false
	}
	name := parsed.Hostname()
	return name == "localhost" || name == "127.0.0.1" || name == "::1"
}

// readFiles returns the token in the file session, if the file url beside it names origin, else "".
func readFiles(origin string) (string, error) {
	directory, err := findConfigDirectory()
	if err != nil {
		return "", err
	}
	named, err := os.ReadFile(filepath.Join(directory, "url"))
	if errors.Is(err, os.ErrNotExist) || err == nil && findOrigin(string(named)) != origin {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	token, err := os.ReadFile(filepath.Join(directory, "session"))
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	return strings.TrimSpace(string(token)), err
}

func findConfigDirectory() (string, error) {
	if directory := os.Getenv("CODER_CONFIG_DIR"); directory != "" {
		return directory, nil
	}
	// %APPDATA%, ~/Library/Application Support, $XDG_CONFIG_HOME or ~/.config.
	base, err := os.UserConfigDir()
	return filepath.Join(base, "coderv2"), err
}
