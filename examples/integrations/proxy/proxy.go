// Package proxy leads the client through a company's network: through its proxy, and with its
// certificate authority (CA) trusted. Copy Transport.
//
// Without it a client obeys HTTPS_PROXY and NO_PROXY already and, on Unix but macOS, trusts the
// CA that SSL_CERT_FILE names.
package proxy

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/url"
)

// Transport is for wrapper.WithHTTPClient. Requests, those to the storage too, go through the
// proxy, and the certificate authorities in caPEM are trusted besides those of the system.
//
// The proxy learns the names of the hosts (CONNECT) and nothing else, unless it has a
// certificate for them from one of these authorities: a proxy that opens TLS sees the token.
func Transport(proxy *url.URL, caPEM []byte) (*http.Transport, error) {
	roots, err := x509.SystemCertPool()
	if err != nil {
		return nil, err
	}
	if !roots.AppendCertsFromPEM(caPEM) {
		return nil, errors.New("no certificate of the CA was found: it must be in PEM")
	}
	transport := http.DefaultTransport.(*http.Transport).Clone() // with its timeouts and HTTP/2
	transport.Proxy = http.ProxyURL(proxy)
	transport.TLSClientConfig = &tls.Config{RootCAs: roots}
	return transport, nil
}
