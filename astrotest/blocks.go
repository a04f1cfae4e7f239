package astrotest

import (
	"encoding/base64"
	"encoding/xml"
	"net/http"
)

// maxBlockID is the maximum length of a block ID, in bytes before encoding.
const maxBlockID = 64

// putBlock stages a block. It is not part of a version until a block list names it.
func (s *storage) putBlock(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("blockid")
	if decoded, err := base64.StdEncoding.DecodeString(id); err != nil || len(decoded) == 0 || len(decoded) > maxBlockID {
		storageError{http.StatusBadRequest, "InvalidQueryParameterValue", "The value of the query parameter blockid is invalid: it must be base64 of at most 64 bytes.", ""}.refuse(w, r)
		return
	}
	body, sum, ok := receive(w, r, maxBlock, !s.empties)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	staged := s.blobAt(r.URL.Path).uncommitted
	for other := range staged {
		if len(other) != len(id) {
			storageError{http.StatusBadRequest, "InvalidBlobOrBlock", "The specified blob or block content is invalid: the IDs of a blob's blocks must have the same length.", ""}.refuse(w, r)
			return
		}
	}
	staged[id] = body
	respondCreated(w, sum)
}

// blockList is the body of a Put Block List. The order of its elements is that of the blob.
type blockList struct {
	XMLName xml.Name `xml:"BlockList"`
	Blocks  []struct {
		XMLName xml.Name
		ID      string `xml:",chardata"`
	} `xml:",any"`
}

// putBlockList stores a version that consists of staged or committed blocks.
func (s *storage) putBlockList(w http.ResponseWriter, r *http.Request) {
	body, sum, ok := receive(w, r, maxBlob, true)
	if !ok {
		return
	}
	var list blockList
	if err := xml.Unmarshal(body, &list); err != nil {
		storageError{http.StatusBadRequest, "InvalidXmlDocument", "The XML that was specified is not syntactically valid.", ""}.refuse(w, r)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var pieces [][]byte
	blocks := map[string][]byte{}
	path := r.URL.Path
	for _, named := range list.Blocks {
		block, found := s.blobAt(path).block(named.XMLName.Local, named.ID)
		if !found {
			storageError{http.StatusBadRequest, "InvalidBlockList", "The specified block list is invalid.", ""}.refuse(w, r)
			return
		}
		pieces = append(pieces, block)
		blocks[named.ID] = block
	}
	respondStored(w, sum, s.store(path, pieces, blocks))
}

// block returns the block that an element of a block list refers to.
func (b *blob) block(element, id string) (block []byte, found bool) {
	if element == "Uncommitted" || element == "Latest" {
		block, found = b.uncommitted[id]
	}
	if element == "Committed" || element == "Latest" && !found {
		block, found = b.committed[id]
	}
	return block, found
}
