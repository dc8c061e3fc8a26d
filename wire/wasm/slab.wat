;; The two loops that packet memory is for, over the slab that JavaScript reserved.
;; Rebuild with `deno run -A wire/wasm/build.ts`, which embeds the result in ../slab_wasm.ts.
(module
  (import "octet" "memory" (memory 1))

  ;; One's complement sum of the 16-bit big-endian words in [at, at + length), folded to 16 bits
  ;; and added to `initial`. An odd last byte counts as if a zero followed (RFC 1071 section 4.1).
  ;; Sums little-endian words and turns once at the end: the sum is byte-order independent (section 2B).
  ;; No lane overflows below 2^32 / (4 * 65535) * 64 bytes = 1 MiB.
  ;; A header alone does not touch the lanes: 70 instructions for 33 bytes, 165 through them.
  (func (export "sum") (param $at i32) (param $length i32) (param $initial i32) (result i32)
    (local $a v128) (local $b v128) (local $total i64)
    (if (i32.ge_u (local.get $length) (i32.const 64))
      (then
        (loop $blocks
          (local.set $a (i32x4.add (local.get $a) (i32x4.add
            (i32x4.extadd_pairwise_i16x8_u (v128.load align=1 (local.get $at)))
            (i32x4.extadd_pairwise_i16x8_u (v128.load offset=16 align=1 (local.get $at))))))
          (local.set $b (i32x4.add (local.get $b) (i32x4.add
            (i32x4.extadd_pairwise_i16x8_u (v128.load offset=32 align=1 (local.get $at)))
            (i32x4.extadd_pairwise_i16x8_u (v128.load offset=48 align=1 (local.get $at))))))
          (local.set $at (i32.add (local.get $at) (i32.const 64)))
          (local.set $length (i32.sub (local.get $length) (i32.const 64)))
          (br_if $blocks (i32.ge_u (local.get $length) (i32.const 64))))
        (local.set $total (i64.add
          (i64.add
            (i64.add (i64.extend_i32_u (i32x4.extract_lane 0 (local.get $a)))
                     (i64.extend_i32_u (i32x4.extract_lane 1 (local.get $a))))
            (i64.add (i64.extend_i32_u (i32x4.extract_lane 2 (local.get $a)))
                     (i64.extend_i32_u (i32x4.extract_lane 3 (local.get $a)))))
          (i64.add
            (i64.add (i64.extend_i32_u (i32x4.extract_lane 0 (local.get $b)))
                     (i64.extend_i32_u (i32x4.extract_lane 1 (local.get $b))))
            (i64.add (i64.extend_i32_u (i32x4.extract_lane 2 (local.get $b)))
                     (i64.extend_i32_u (i32x4.extract_lane 3 (local.get $b)))))))))
    (block $rows_done
      (loop $rows
        (br_if $rows_done (i32.lt_u (local.get $length) (i32.const 16)))
        (local.set $total (i64.add (local.get $total) (i64.add
          (i64.add (i64.load32_u align=1 (local.get $at))
                   (i64.load32_u offset=4 align=1 (local.get $at)))
          (i64.add (i64.load32_u offset=8 align=1 (local.get $at))
                   (i64.load32_u offset=12 align=1 (local.get $at))))))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (local.set $length (i32.sub (local.get $length) (i32.const 16)))
        (br $rows)))
    (if (i32.and (local.get $length) (i32.const 8))
      (then
        (local.set $total (i64.add (local.get $total) (i64.add
          (i64.load32_u align=1 (local.get $at))
          (i64.load32_u offset=4 align=1 (local.get $at)))))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))))
    (if (i32.and (local.get $length) (i32.const 4))
      (then
        (local.set $total
          (i64.add (local.get $total) (i64.load32_u align=1 (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))))
    (if (i32.and (local.get $length) (i32.const 2))
      (then
        (local.set $total
          (i64.add (local.get $total) (i64.load16_u align=1 (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 2)))))
    (if (i32.and (local.get $length) (i32.const 1))
      (then
        (local.set $total
          (i64.add (local.get $total) (i64.load8_u (local.get $at))))))
    ;; Fold 64 bits to 32: what a number and its halves exchanged add up to has the sum with its carry in the upper half.
    (local.set $total (i64.shr_u
      (i64.add (local.get $total) (i64.rotl (local.get $total) (i64.const 32))) (i64.const 32)))
    ;; A turn by 8 bits exchanges the bytes of both words. Add the initial sum, and fold to 32 again.
    (local.set $total (i64.add
      (i64.extend_i32_u (i32.rotl (i32.wrap_i64 (local.get $total)) (i32.const 8)))
      (i64.extend_i32_u (local.get $initial))))
    (local.set $length (i32.wrap_i64 (i64.shr_u
      (i64.add (local.get $total) (i64.rotl (local.get $total) (i64.const 32))) (i64.const 32))))
    (i32.shr_u
      (i32.add (local.get $length) (i32.rotl (local.get $length) (i32.const 16))) (i32.const 16)))

  ;; Moves `length` bytes; the ranges may overlap.
  (func (export "copy") (param $to i32) (param $from i32) (param $length i32)
    (memory.copy (local.get $to) (local.get $from) (local.get $length))))
