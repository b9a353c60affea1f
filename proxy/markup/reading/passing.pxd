# The types that passing.py has in C. As plain Python it runs without them.

cimport cython

cdef int _UNKNOWN, _CUSTOM, _PLAIN, _META, _LINK, _TITLE, _STYLE, _SCRIPT, _NOSCRIPT, _AREA, _FRAME, _SVG, _SHAPE
cdef int _SAFE, _ADDRESS, _ADDRESSES, _CSS, _CODE, _HREF, _PAINT, _TYPE, _META_NAME, _NEVER
cdef int _HEAD, _RAW, _SCRIPTING, _IN_SVG, _TO_JUDGE, _DATA, _OTHER
cdef int _MAX_TAG, _MAX_SVG, _LONG_META, _MARKS, _DEEPEST, _LONGEST_HOST, _LONGEST_SCHEME, _SLOTS
cdef int _SPACE, _ENDS_NAME, _ENDS_ATTRIBUTE, _IN_HOST, _IN_WORD, _LETTER
cdef bint _COMPILED
cdef bytes _FLAGS


cdef class Names:
    cdef readonly dict kinds
    cdef list names
    cdef Py_ssize_t longest
    cdef bytes codes
    cdef bytes slots
    cdef int factor

    cdef bytes _arranged(self)

    @cython.locals(number=cython.int, at=Py_ssize_t, name=bytes)
    cpdef int find(self, bytes buffer, Py_ssize_t start, Py_ssize_t end) except -1


cdef class Passage:
    cdef Names elements
    cdef Names attributes
    cdef bytes own_host
    cdef dict hosts
    cdef object ask_host
    cdef object ask
    cdef object names_of
    cdef object placeholder
    cdef dict types
    cdef object ask_type
    cdef frozenset words
    cdef bytes marks
    cdef frozenset tails
    cdef frozenset starts
    cdef bytes segments
    cdef bint at_home
    cdef bint ascii_only
    cdef public bint relative
    cdef bint by_folder
    cdef readonly bint by_path
    cdef public list edits
    cdef public set noted
    cdef Py_ssize_t _name, _name_end, _value, _value_end
    cdef list _services, _renamed, _typed
    cdef bint _self_closing
    cdef bint _has_source
    cdef int _type

    cpdef Py_ssize_t end(self, bytes buffer, Py_ssize_t start, int where) except -2

    cpdef bint clears_code(self, bytes text) except? -1

    cpdef bint clears_style(self, bytes text) except? -1

    @cython.locals(at=Py_ssize_t, opening=Py_ssize_t, visible=Py_ssize_t, behind=Py_ssize_t, byte=cython.uchar, edits=Py_ssize_t)
    cdef Py_ssize_t _html(self, bytes buffer, Py_ssize_t start, Py_ssize_t end, int where) except -2

    @cython.locals(at=Py_ssize_t, behind=Py_ssize_t, byte=cython.uchar)
    cdef Py_ssize_t _svg(self, bytes buffer, Py_ssize_t start, Py_ssize_t end) except -2

    @cython.locals(name_end=Py_ssize_t, behind=Py_ssize_t, kind=cython.int, shown=bytes)
    cdef Py_ssize_t _start_tag(self, bytes buffer, Py_ssize_t start, Py_ssize_t end, int where) except -2

    @cython.locals(source=bytes, eager=cython.bint, at=Py_ssize_t)
    cdef bytes _shown(self, bytes buffer, Py_ssize_t start, Py_ssize_t end)

    @cython.locals(size=Py_ssize_t, close=Py_ssize_t, at=Py_ssize_t, judged=cython.bint)
    cdef Py_ssize_t _past_raw(
        self, bytes buffer, Py_ssize_t name, Py_ssize_t name_end, Py_ssize_t start, Py_ssize_t end, int kind
    ) except -2

    @cython.locals(at=Py_ssize_t)
    cdef Py_ssize_t _raw_end(self, bytes buffer, Py_ssize_t start, Py_ssize_t end, bytes name) except -2

    @cython.locals(name=Py_ssize_t, name_end=Py_ssize_t, kind=cython.int, at=Py_ssize_t)
    cdef Py_ssize_t _end_tag(self, bytes buffer, Py_ssize_t start, Py_ssize_t end, int where) except -2

    @cython.locals(at=Py_ssize_t, byte=cython.uchar)
    cdef Py_ssize_t _whole_svg(self, bytes buffer, Py_ssize_t start, Py_ssize_t end) except -2

    @cython.locals(at=Py_ssize_t, name=Py_ssize_t, name_end=Py_ssize_t, opened=list)
    cdef Py_ssize_t _shape(self, bytes buffer, Py_ssize_t start, Py_ssize_t end, int deepest) except -2

    @cython.locals(at=Py_ssize_t, kind=cython.int)
    cdef Py_ssize_t _past_attributes(self, bytes buffer, Py_ssize_t start, Py_ssize_t end, int element) except -2

    @cython.locals(at=Py_ssize_t, name_end=Py_ssize_t, byte=cython.uchar)
    cdef Py_ssize_t _past_attribute(self, bytes buffer, Py_ssize_t start, Py_ssize_t end) except -2

    @cython.locals(at=Py_ssize_t)
    cdef bint _has_repeated(self, bytes buffer, Py_ssize_t start, Py_ssize_t end) except? -1

    cdef bint _is_noted(self, bytes buffer, Py_ssize_t start, Py_ssize_t end) except? -1

    cdef _found(self, list services)

    cdef _hold(self, Py_ssize_t name_end, bint script, bytes shown)

    cdef bint _is_clear(self, int kind, bytes buffer, Py_ssize_t start, Py_ssize_t end) except? -1

    @cython.locals(written=bytes)
    cdef int _script_type(self, bytes buffer, Py_ssize_t start, Py_ssize_t end) except -1

    @cython.locals(host=Py_ssize_t, at=Py_ssize_t, name=bytes)
    cdef bint _is_clear_address(self, bytes buffer, Py_ssize_t start, Py_ssize_t end) except? -1

    @cython.locals(rooted=cython.bint)
    cdef bint _is_clear_path(self, bytes buffer, Py_ssize_t start, Py_ssize_t end) except? -1

    @cython.locals(at=Py_ssize_t, segment=Py_ssize_t, last=Py_ssize_t, byte=cython.uchar)
    cdef bint _is_clear_own(self, bytes buffer, Py_ssize_t start, Py_ssize_t end) except? -1

    cdef bint _is_one(self, bytes buffer, Py_ssize_t start, Py_ssize_t end, frozenset segments) except? -1

    @cython.locals(at=Py_ssize_t, begin=Py_ssize_t, stop=Py_ssize_t, comma=Py_ssize_t)
    cdef bint _are_clear_addresses(self, bytes buffer, Py_ssize_t start, Py_ssize_t end) except? -1

    @cython.locals(at=Py_ssize_t, byte=cython.uchar, named=cython.bint)
    cdef bint _is_clear_style(self, bytes buffer, Py_ssize_t start, Py_ssize_t end) except? -1

    @cython.locals(at=Py_ssize_t, each=Py_ssize_t)
    cdef bint _is_clear_string(self, bytes buffer, Py_ssize_t start, Py_ssize_t end) except? -1

    @cython.locals(at=Py_ssize_t, byte=cython.uchar, each=Py_ssize_t)
    cdef bint _is_clear_in_brackets(self, bytes buffer, Py_ssize_t start, Py_ssize_t end) except? -1

    @cython.locals(at=Py_ssize_t, word=Py_ssize_t, byte=cython.uchar)
    cdef bint _is_clear_code(self, bytes buffer, Py_ssize_t start, Py_ssize_t end) except? -1


@cython.locals(size=Py_ssize_t, value=cython.uint)
cdef int _hashed(bytes buffer, Py_ssize_t start, Py_ssize_t end, unsigned int factor) noexcept

cdef int _lower(int byte) noexcept

cdef Py_ssize_t _find(bytes buffer, unsigned char byte, Py_ssize_t start, Py_ssize_t end) except -2

cdef Py_ssize_t _past_space(bytes buffer, Py_ssize_t start, Py_ssize_t end) noexcept

@cython.locals(at=Py_ssize_t)
cdef bint _is(bytes buffer, Py_ssize_t start, Py_ssize_t end, bytes word) noexcept

cdef bint _is_word(bytes buffer, Py_ssize_t start, Py_ssize_t end, bytes word) noexcept

cdef Py_ssize_t _past_name(bytes buffer, Py_ssize_t start, Py_ssize_t end) noexcept

cdef bint _begins_with_on(bytes buffer, Py_ssize_t start, Py_ssize_t end) noexcept

cdef bint _is_custom(bytes buffer, Py_ssize_t start, Py_ssize_t end) except? -1

@cython.locals(at=Py_ssize_t, dashes=Py_ssize_t)
cdef Py_ssize_t _past_comment(bytes buffer, Py_ssize_t start, Py_ssize_t end) except -2

cdef bint _is_clear_picture(bytes buffer, Py_ssize_t start, Py_ssize_t end) noexcept

@cython.locals(first=cython.uchar)
cdef bint _is_clear_meta(bytes buffer, Py_ssize_t start, Py_ssize_t end) noexcept

cdef bint _may_have_comment(bytes buffer, Py_ssize_t start, Py_ssize_t at) noexcept

@cython.locals(at=Py_ssize_t, begin=Py_ssize_t)
cdef bint _has_plain_references(bytes buffer, Py_ssize_t start, Py_ssize_t end) except? -1

cdef bint _is_plain_reference(bytes buffer, Py_ssize_t start, Py_ssize_t end) except? -1

cdef bint _ends(bytes buffer, Py_ssize_t start, Py_ssize_t end, bytes word) noexcept

@cython.locals(at=Py_ssize_t, escaped=cython.bint)
cdef bint _is_simple(bytes buffer, Py_ssize_t start, Py_ssize_t end) except? -1

@cython.locals(first=cython.int, last=cython.int, middle=cython.int)
cdef int _mark(bytes buffer, Py_ssize_t start, Py_ssize_t end) noexcept

cdef bint _imports(bytes buffer, Py_ssize_t word, Py_ssize_t at, Py_ssize_t end) noexcept
