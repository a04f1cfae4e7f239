package simulator

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/astro-finalize/astro-finalize-go/deploys"
	"github.com/astro-finalize/astro-finalize-go/examples/internal/command"
	"github.com/astro-finalize/astro-finalize-go/tarball"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

// simulator is a running one.
type simulator struct {
	exports map[string]string
	client  *http.Client
	stderr  *bytes.Buffer                  // complete after stop
	stop    func() (code int, rest string) // of standard output
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func start(t *testing.T, args ...string) simulator {
	ctx, interrupt := context.WithCancel(t.Context())
	out, stdout := io.Pipe()
	var stderr bytes.Buffer
	code := make(chan int, 1)
	go func() {
		code <- Program(ctx, append([]string{"-addr", "127.0.0.1:0", "-shell", "sh"}, args...), stdout, &stderr)
		_ = stdout.Close()
	}()
	lines, exports := bufio.NewReader(out), map[string]string{}
	count := 5
	if slices.Contains(args, "-http2") {
		count++
	}
	for len(exports) < count {
		line, err := lines.ReadString('\n')
		require.NoError(t, err)
		parts := regexp.MustCompile(`^export (\w+)='?([^']+?)'?\n$`).FindStringSubmatch(line)
		require.NotNil(t, parts, line)
		exports[parts[1]] = parts[2]
	}
	client := http.DefaultClient
	if file := exports["SSL_CERT_FILE"]; file != "" {
		roots, read := x509.NewCertPool(), must(os.ReadFile(file))
		require.True(t, roots.AppendCertsFromPEM(read))
		client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}}
	}
	return simulator{exports, client, &stderr, func() (int, string) {
		interrupt()
		rest, err := io.ReadAll(lines)
		require.NoError(t, err)
		return <-code, string(rest)
	}}
}

func (s simulator) deploysURL() string {
	return s.exports["ASTRO_API_URL"] + "/v1/organizations/" + s.exports["ASTRO_ORGANIZATION_ID"] + "/deployments/" + s.exports["ASTRO_DEPLOYMENT_ID"] + "/deploys"
}

func (s simulator) create(t *testing.T, deployType string) (*http.Response, string) {
	return s.send(t, http.MethodPost, s.deploysURL(), `{"type":"`+deployType+`"}`, http.Header{"Authorization": {"Bearer " + s.exports["ASTRO_API_TOKEN"]}})
}

// send makes a request and returns the response and its body.
func (s simulator) send(t *testing.T, method, url, body string, header http.Header) (*http.Response, string) {
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	request.Header = header
	response, err := s.client.Do(request)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	read, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response, string(read)
}

func TestServesUntilInterrupted(t *testing.T) {
	s := start(t)
	for name, value := range s.exports {
		t.Setenv(name, value)
	}
	client, err := wrapper.NewClient()
	require.NoError(t, err)
	to := wrapper.Deployment{OrganizationID: s.exports["ASTRO_ORGANIZATION_ID"], DeploymentID: s.exports["ASTRO_DEPLOYMENT_ID"]}
	_, err = deploys.DAGs(t.Context(), client, to, tarball.FS(fstest.MapFS{"hello.py": {Data: []byte("print('hello')\n")}}))
	require.NoError(t, err)

	code, rest := s.stop()
	assert.Equal(t, command.OK, code)
	assert.Empty(t, rest, "standard output is only for eval")
	log := s.stderr.String()
	assert.Contains(t, log, "  deploy -live -dags ./dags\n")
	assert.Regexp(t, `level=INFO msg=request operation=CreateDeploy method=POST path=/\S+/deploys status=200 bytes=\d+ duration=`, log)
	assert.Regexp(t, `operation=FinalizeDeploy method=POST path=/\S+/finalize status=200`, log)
	_, err = net.Dial("tcp", strings.TrimPrefix(s.exports["ASTRO_API_URL"], "http://"))
	assert.Error(t, err, "still listening")
}

// An interrupt does not wait for a client that stalls.
func TestInterruptedDuringAnUpload(t *testing.T) {
	s := start(t)
	_, body := s.create(t, "DAG_ONLY")
	_, response := s.startUpload(t, uploadURL(body))
	require.Contains(t, response(), "100 Continue", "the server waits for the body")
	code, _ := s.stop()
	assert.Equal(t, command.OK, code)
	assert.NotContains(t, s.stderr.String(), "sig")
}

// startUpload sends the header of an upload of 4 bytes, with Expect: 100-continue. response returns the
// header of the next response.
func (s simulator) startUpload(t *testing.T, address string) (client net.Conn, response func() string) {
	target, err := url.Parse(address)
	require.NoError(t, err)
	client, err = net.Dial("tcp", target.Host)
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	_, err = fmt.Fprintf(client, "PUT %s HTTP/1.1\r\nHost: x\r\nx-ms-blob-type: BlockBlob\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n", target.RequestURI())
	require.NoError(t, err)
	reader := bufio.NewReader(client)
	return client, func() (header string) {
		for !strings.HasSuffix(header, "\r\n\r\n") {
			line, err := reader.ReadString('\n')
			require.NoError(t, err, header)
			header += line
		}
		return header
	}
}

// The storage decides whether a body is sent. Its responses keep their spelling, which scripts search for.
func TestUploadsAreForwardedAsTheyAre(t *testing.T) {
	s := start(t)
	defer s.stop()
	_, body := s.create(t, "DAG_ONLY")
	client, response := s.startUpload(t, uploadURL(body))
	assert.Equal(t, "HTTP/1.1 100 Continue\r\n\r\n", response())
	_, err := io.WriteString(client, "body")
	require.NoError(t, err)
	stored := response()
	assert.Contains(t, stored, "HTTP/1.1 201 Created\r\n")
	assert.Contains(t, stored, "\r\nx-ms-version-id: 20")

	client, response = s.startUpload(t, strings.Replace(uploadURL(body), "sp=cw", "sp=rcw", 1))
	if strings.HasPrefix(runtime.Version(), "go1.25") { // its net/http waits for the body, which clients send after a while
		_, err = io.WriteString(client, "body")
		require.NoError(t, err)
	}
	refused := response()
	assert.Contains(t, refused, "HTTP/1.1 403 Forbidden\r\n")
	assert.Contains(t, refused, "\r\nx-ms-error-code: AuthenticationFailed\r\n")
}

// uploadURL returns the upload URL in the JSON of a deploy.
func uploadURL(deploy string) string {
	return strings.ReplaceAll(regexp.MustCompile(`"dagsUploadUrl":"([^"]+)"`).FindStringSubmatch(deploy)[1], `\u0026`, "&")
}

// idOf returns the ID in the JSON of a deploy.
func idOf(t *testing.T, deploy string) string {
	var decoded struct{ ID string }
	require.NoError(t, json.Unmarshal([]byte(deploy), &decoded))
	return decoded.ID
}

func TestFlagsReachTheServer(t *testing.T) {
	s := start(t, "-rate-limit", "1", "-dag-deploys=false")
	response, body := s.create(t, "DAG_ONLY")
	assert.Equal(t, 400, response.StatusCode)
	assert.Contains(t, body, "needs DAG deploys")
	for i := 0; i < 50 && response.StatusCode != 429; i++ { // a slow machine may take a second for two
		response, _ = s.create(t, "DAG_ONLY")
	}
	assert.Equal(t, 429, response.StatusCode)
	s.stop()

	s = start(t, "-upload-urls-valid-for", "-1h")
	_, body = s.create(t, "DAG_ONLY")
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, uploadURL(body), strings.NewReader("tarball"))
	require.NoError(t, err)
	response, err = http.DefaultClient.Do(request)
	require.NoError(t, err)
	_ = response.Body.Close()
	assert.Equal(t, 403, response.StatusCode)
	s.stop()
	assert.NotContains(t, s.stderr.String(), "sig")
}

func TestReadsThatLag(t *testing.T) {
	for flag, want := range map[string][]string{
		"-lag=1h":           {"INITIALIZED", "INITIALIZED"},
		"-deployed-after=1": {"INITIALIZED", "DEPLOYED"},
		"-lag=0":            {"DEPLOYED", "DEPLOYED"},
	} {
		s := start(t, flag)
		_, body := s.create(t, "IMAGE_ONLY")
		address := s.deploysURL() + "/" + idOf(t, body)
		header := http.Header{"Authorization": {"Bearer " + s.exports["ASTRO_API_TOKEN"]}}
		response, body := s.send(t, http.MethodPost, address+"/finalize", "{}", header)
		require.Equal(t, 200, response.StatusCode, body)
		for _, status := range want {
			_, body = s.send(t, http.MethodGet, address, "", header)
			assert.Contains(t, body, `"status":"`+status+`"`, flag)
		}
		s.stop()
	}
}

// The certificate is valid for programs that read SSL_CERT_FILE, and is removed at the end.
func TestHTTP2(t *testing.T) {
	s := start(t, "-http2")
	response, body := s.create(t, "DAG_ONLY")
	assert.Equal(t, 200, response.StatusCode, body)
	assert.Equal(t, "HTTP/2.0", response.Proto)
	assert.True(t, strings.HasPrefix(uploadURL(body), s.exports["ASTRO_API_URL"]+"/"), "the upload URL is of the simulator")
	response, _ = s.send(t, http.MethodPut, uploadURL(body), "tarball", http.Header{"X-Ms-Blob-Type": {"BlockBlob"}})
	assert.Equal(t, 201, response.StatusCode)
	code, _ := s.stop()
	assert.Equal(t, command.OK, code)
	assert.NoDirExists(t, filepath.Dir(s.exports["SSL_CERT_FILE"]))
}

func TestHelp(t *testing.T) {
	for name, called := range map[string]func(context.Context, []string, io.Writer, io.Writer) int{"deploy simulate": Run, "simulator": Program} {
		var stdout, stderr bytes.Buffer
		assert.Equal(t, command.OK, called(t.Context(), []string{"-h"}, &stdout, &stderr))
		assert.Empty(t, stderr.String())
		assert.Contains(t, stdout.String(), "\nUsage: "+name+" ")
		assert.Contains(t, stdout.String(), "\n  "+name+" -- ./deploy.sh\n")
		for _, operation := range append(apiOperations, uploadOperations...) {
			assert.Contains(t, stdout.String(), operation)
		}
	}
}

func TestBadFlags(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = taken.Close() }()
	interrupted, interrupt := context.WithCancel(t.Context())
	interrupt() // so that a simulator that starts nevertheless ends
	for _, row := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"-nonsense"}, command.Usage, "-nonsense"},
		{[]string{"argument"}, command.Usage, "use flags only"},
		{[]string{"-rate-limit", "-1"}, command.Usage, "at least 0"},
		{[]string{"-deployments", "0"}, command.Usage, "must be 1 to 90"},
		{[]string{"-deployments", "91"}, command.Usage, "must be 1 to 90"},
		{[]string{"-token", "my token"}, command.Usage, "use letters, digits"},
		{[]string{"-token", "$(id)"}, command.Usage, "-token has"},
		{[]string{"-token", "~"}, command.Usage, "-token has"},
		{[]string{"-upload-urls-valid-for", "1"}, command.Usage, "upload-urls-valid-for"},
		{[]string{"-lag", "-1s"}, command.Usage, "-lag is -1s"},
		{[]string{"-deployed-after", "-1"}, command.Usage, "-deployed-after is -1"},
		{[]string{"-shell", "fish"}, command.Usage, "sh, powershell or cmd"},
		{[]string{"--"}, command.Usage, "no command after --"},
		{[]string{"-nonsense", "--"}, command.Usage, "-nonsense"},
		{[]string{"-fault", "FinalizeDeploy"}, command.Usage, "is not OPERATION=FAULT"},
		{[]string{"-addr", "127.0.0.1"}, command.Usage, "a host and a port"},
		{[]string{"-addr", ":0"}, command.Usage, "not on loopback"},
		{[]string{"-addr", "0.0.0.0:0"}, command.Usage, "not on loopback"},
		{[]string{"-addr", "[::]:0"}, command.Usage, "not on loopback"},
		{[]string{"-addr", "example.com:0"}, command.Usage, "not on loopback"},
		{[]string{"-addr", taken.Addr().String()}, command.Failed, "choose another port with -addr"},
		{[]string{"-addr", "127.0.0.1:99999"}, command.Usage, "has no port from 0 to 65535"},
	} {
		var stdout, stderr bytes.Buffer
		assert.Equal(t, row.code, Run(interrupted, row.args, &stdout, &stderr), row.args)
		assert.Empty(t, stdout.String())
		assert.Contains(t, stderr.String(), row.want)
		assert.Equal(t, 1, strings.Count(stderr.String(), "\n"), stderr.String())
		assert.Equal(t, row.code == command.Usage, strings.HasSuffix(stderr.String(), "; run \"deploy simulate -h\" for the flags\n"))
	}
}
