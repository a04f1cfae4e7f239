package check

import (
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// isLoopback reports whether a host is certainly this machine, so that nothing crosses the network.
func isLoopback(host string) bool {
	return strings.EqualFold(host, "localhost") || net.ParseIP(host).IsLoopback()
}

// loopbackNames are the names in the hosts files of common systems, with or without .localdomain.
var loopbackNames = []string{"localhost", "localhost4", "localhost6", "ip6-localhost", "ip6-loopback", "loopback"}

// mayBeLoopback reports whether some resolver may resolve a host to this machine, in any spelling. It
// does not query DNS.
func mayBeLoopback(host string) bool {
	host = strings.TrimRight(strings.ToLower(host), ".")
	name, _, _ := strings.Cut(host, ".localdomain")
	if slices.Contains(loopbackNames, name) || strings.HasSuffix(host, ".localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	if err != nil {
		address, err = parseShort(host)
	}
	address = address.Unmap()
	return err == nil && (address.IsLoopback() || address.IsUnspecified())
}

// parseShort parses an IPv4 address like inet_aton and the resolvers of most systems: one to four
// numbers, decimal, octal or hexadecimal. The last one fills the remaining bytes, as in 127.1 and
// 0x7f000001.
func parseShort(host string) (netip.Addr, error) {
	parts, address := strings.Split(host, "."), uint64(0)
	if len(parts) > 4 {
		return netip.Addr{}, strconv.ErrSyntax
	}
	for i, part := range parts {
		bits := 8
		if i == len(parts)-1 {
			bits = 8 * (4 - i)
		}
		number, err := strconv.ParseUint(part, 0, bits)
		if err != nil {
			return netip.Addr{}, err
		}
		address = address<<bits | number
	}
	return netip.AddrFrom4([4]byte{byte(address >> 24), byte(address >> 16), byte(address >> 8), byte(address)}), nil
}
