// Package proxy sends the client's requests through a company's proxy and trusts the company's
// certificate authority (CA). Copy Transport.
//
// A client without it honours HTTPS_PROXY and NO_PROXY and, on Unix other than macOS, trusts the
// CA that SSL_CERT_FILE names.
package proxy

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/url"
)

// Transport returns a transport for wrapper.WithHTTPClient. All requests, uploads included, go
// through the proxy. The certificate authorities in caPEM are trusted in addition to the system's.
//
// The proxy sees only the names of the hosts (CONNECT), unless it has certificates for them from
// one of these authorities: a proxy that terminates TLS sees the token.
func Transport(proxy *url.URL, caPEM []byte) (*http.Transport, error) {
	roots, err := x509.SystemCertPool()
	if err != nil {
		return nil, err
	}
	if !roots.AppendCertsFromPEM(caPEM) {
		return nil, errors.New("caPEM holds no certificate: pass the CA in PEM format")
	}
	transport := http.DefaultTransport.(*http.Transport).Clone() // with its timeouts and HTTP/2
	transport.Proxy = http.ProxyURL(proxy)
	transport.TLSClientConfig = &tls.Config{RootCAs: roots}
	return transport, nil
}
