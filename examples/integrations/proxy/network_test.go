package proxy_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"time"

	"github.com/astro-finalize/astro-finalize-go/astrotest"
)

// No such hosts exist: only the proxy connects them.
const (
	apiHost     = "api.astro.example"
	storageHost = "storage.example"
)

// network is a company's: a proxy that connects to the fake, which has a certificate of the CA.
type network struct {
	fake  *astrotest.Server
	proxy *recordingProxy
	url   *url.URL // of the proxy
	caPEM []byte
	close func()
}

func newNetwork() network {
	caPEM, certificate := newCA(apiHost, storageHost)
	fake := astrotest.NewServer()
	behind := must(url.Parse(fake.URL))
	front := httptest.NewUnstartedServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(behind) }})
	front.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	front.Config.ErrorLog = log.New(io.Discard, "", 0) // a client that hangs up is expected
	front.StartTLS()
	proxy := &recordingProxy{to: front.Listener.Addr().String()}
	server := httptest.NewServer(proxy)
	return network{fake, proxy, must(url.Parse(server.URL)), caPEM, func() {
		server.Close()
		front.Close()
		fake.Close()
	}}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// recordingProxy connects every CONNECT to one address, and records what the client sends.
type recordingProxy struct {
	to string

	mu       sync.Mutex
	connects []string // hosts, in the order of their requests
	crossed  bytes.Buffer
}

func (p *recordingProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.connects = append(p.connects, r.Host)
	_ = r.Header.Write(&p.crossed)
	p.mu.Unlock()
	if r.Method != http.MethodConnect {
		http.Error(w, "CONNECT only", http.StatusMethodNotAllowed)
		return
	}
	server, err := net.Dial("tcp", p.to)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer server.Close()
	w.WriteHeader(http.StatusOK)
	client, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer client.Close()
	go func() {
		_, _ = io.Copy(client, server)
		_ = client.Close()
	}()
	_, _ = io.Copy(server, io.TeeReader(buffered, p))
}

// Write records what crosses.
func (p *recordingProxy) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.crossed.Write(b)
}

func (p *recordingProxy) seen() (connects []string, crossed string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.connects...), p.crossed.String()
}

// newCA makes a certificate authority, and a certificate for hosts.
func newCA(hosts ...string) (caPEM []byte, certificate tls.Certificate) {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Example Corp CA"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der := must(x509.CreateCertificate(rand.Reader, authority, authority, key.Public(), key))
	leafKey := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), DNSNames: hosts,
		NotBefore: authority.NotBefore, NotAfter: authority.NotAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	leafDER := must(x509.CreateCertificate(rand.Reader, leaf, authority, leafKey.Public(), key))
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), tls.Certificate{Certificate: [][]byte{leafDER}, PrivateKey: leafKey}
}
