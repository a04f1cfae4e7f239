// Package tarball packs a folder into a gzip tarball, as a deploy to Astro takes it.
//
// # Use
//
// [Dir] names a folder and [FS] a file system of Go, such as an [embed.FS]; [File] is for a
// tarball that exists already. What they return goes to an upload, which says whether the
// entries lie under dags/ (DAGs) or under none (a bundle) and calls [Source.Open].
// [Source.Pack] makes the tarball without one:
//
//	packed, err := tarball.Dir("./dags", tarball.Ignore("__pycache__/", "*.csv")).Pack(ctx, "dags")
//	...
//	defer packed.Close()
//
// # What is packed
//
// Regular files, directories and symlinks. Left out is what is named .git, at any depth, and
// what the patterns of [Ignore] say; a directory that is left out is not even read. Files
// that are named .gitignore are packed like others, and not obeyed.
//
// A symlink is kept as it is, and not followed. It is kept as well if it points to nothing,
// as tar does.
//
// # What is refused
//
// An error, an [*Error] that names the path, is
//
//   - a symlink that is absolute, that leaves the folder, by its own text or through another
//     link, that points to something that is left out, that leads in a circle, or whose target
//     is not UTF-8;
//   - a socket, a named pipe, a device: it is never opened;
//   - a file that is written to while it is read, as its size or its time says, and whatever
//     cannot be read. Not noticed are writes through a memory map, a write that sets the old time
//     again, and one write that takes longer than 20 ms;
//   - a folder that holds no file and no symlink to pack, since deploying it deletes every
//     DAG: [ErrEmpty], unless [AllowEmpty] says that it is meant;
//   - a folder packed under dags/ that holds no .py and no .zip file, which is [ErrEmpty], too,
//     since no DAG can be in it;
//   - the folder around the dags folder in place of it, packed under dags/, since its DAGs would
//     lie under dags/dags/. It holds a folder dags that is not left out, and beside it either no
//     .py and no .zip file (__init__.py aside) or what lies in an Astro project or a repository,
//     such as Dockerfile, requirements.txt, pyproject.toml or .git. The option [Prefix] says that
//     it is meant;
//   - what becomes a tarball of more than 5,000 MiB, which one upload cannot hold. Packing ends
//     there.
//
// Each directory is opened as an [os.Root] and read through that: whatever takes the place of a
// directory or a file meanwhile, nothing outside of the folder is read, and nothing that is left
// out. As many directories are open at once as the folder is deep.
//
// # The same bytes
//
// The same tree and the same time give the same bytes, as long as the versions of this module and
// of the compressor, github.com/klauspost/compress, are the same: entries are in the order of
// their names, owners are 0, directories and executable files have mode 0755, other files 0644.
// Windows has no executable bit, so a tree with scripts differs there.
//
// All entries carry one time, in whole seconds: the time of packing. Python, Airflow and dbt detect
// changes by the times of files.
// The environment variable SOURCE_DATE_EPOCH or the option [ModTime], which outranks it, sets
// another, such as that of the commit.
//
// [Tarball.ContentDigest] tells whether two trees are the same, whenever they were packed: store it
// with each deploy, and compare it before the next one to deploy only what changed. A [Tarball] that
// was packed to find out is a source for the deploy.
//
// # What it takes
//
// One pass over the folder. Memory does not grow with it, but for the names in one directory:
// a few megabytes per CPU, for at most eight of them. The tarball lies in a temporary file,
// in the directory that TMPDIR sets, which on Unix is gone even if the process is killed;
// elsewhere [Tarball.Close] removes it.
package tarball
