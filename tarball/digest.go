package tarball

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"hash/crc32"
)

// digestVersion names the encoding below. Digests are stored and compared: whoever changes what
// is encoded, or how, must increment it.
const digestVersion = "v1"

// digest sums up what is packed, in the order of the tarball, by SHA-256. Each entry is
//
//	kind     1 byte: '0' a file, '2' a symlink, '5' a directory, as in tar
//	mode     8 bytes
//	name     8 bytes for the length, then the name in the tarball
//	target   8 bytes for the length, then the target of the symlink; empty for the others
//	size     8 bytes
//	content  only of a file: 4 bytes for its CRC-32 (IEEE), 4 bytes for its CRC-32C (Castagnoli)
//
// with the numbers in big endian, and "/" at the end of a directory's name. SHA-256 of the
// content, too, would add a seventh to the time that packing takes on two CPUs. The two CRCs,
// for which processors have instructions, add a fiftieth, and are one of 64 bits when taken
// together: it tells any two files that differ within 8 bytes, and misses one in 2^64 others.
type digest struct {
	sum    hash.Hash
	buffer []byte
}

func newDigest() *digest { return &digest{sum: sha256.New()} }

// entry adds an entry, but for the content of a file, which follows.
func (d *digest) entry(header *tar.Header) {
	d.buffer = append(d.buffer[:0], header.Typeflag)
	d.buffer = binary.BigEndian.AppendUint64(d.buffer, uint64(header.Mode))
	for _, text := range []string{header.Name, header.Linkname} {
		d.buffer = binary.BigEndian.AppendUint64(d.buffer, uint64(len(text)))
		d.buffer = append(d.buffer, text...)
	}
	d.buffer = binary.BigEndian.AppendUint64(d.buffer, uint64(header.Size))
	_, _ = d.sum.Write(d.buffer)
}

func (d *digest) content(sums contentSums) {
	d.buffer = binary.BigEndian.AppendUint32(d.buffer[:0], sums.ieee)
	d.buffer = binary.BigEndian.AppendUint32(d.buffer, sums.castagnoli)
	_, _ = d.sum.Write(d.buffer)
}

// String is the digest as users see it.
func (d *digest) String() string { return digestVersion + ":" + hex.EncodeToString(d.sum.Sum(nil)) }

// contentSums are those of the content of a file.
type contentSums struct{ ieee, castagnoli uint32 }

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (s *contentSums) add(p []byte) {
	s.ieee = crc32.Update(s.ieee, crc32.IEEETable, p)
	s.castagnoli = crc32.Update(s.castagnoli, castagnoli, p)
}
