;; The two loops that packet memory is for, over the slab that JavaScript reserved.
;; Rebuild with `deno run -A wire/wasm/build.ts`, which embeds the result in ../slab_wasm.ts.
(module
  (import "octet" "memory" (memory 1))

  ;; One's complement sum of the 16-bit big-endian words in [at, at + length), folded to 16 bits
  ;; and added to `initial`. An odd last byte counts as if a zero followed (RFC 1071 section 4.1).
  ;; Sums little-endian words and swaps once at the end: the sum is byte-order independent (section 2B).
  ;; No lane overflows below 2^32 / (4 * 65535) * 64 bytes = 1 MiB.
  (func (export "sum") (param $at i32) (param $length i32) (param $initial i32) (result i32)
    (local $a v128) (local $b v128) (local $end i32) (local $total i64)
    (local.set $end (i32.add (local.get $at) (local.get $length)))
    (block $blocks_done
      (loop $blocks
        (br_if $blocks_done
          (i32.lt_u (i32.sub (local.get $end) (local.get $at)) (i32.const 64)))
        (local.set $a (i32x4.add (local.get $a) (i32x4.add
          (i32x4.extadd_pairwise_i16x8_u (v128.load align=1 (local.get $at)))
          (i32x4.extadd_pairwise_i16x8_u (v128.load offset=16 align=1 (local.get $at))))))
        (local.set $b (i32x4.add (local.get $b) (i32x4.add
          (i32x4.extadd_pairwise_i16x8_u (v128.load offset=32 align=1 (local.get $at)))
          (i32x4.extadd_pairwise_i16x8_u (v128.load offset=48 align=1 (local.get $at))))))
        (local.set $at (i32.add (local.get $at) (i32.const 64)))
        (br $blocks)))
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
                 (i64.extend_i32_u (i32x4.extract_lane 3 (local.get $b)))))))
    (block $words_done
      (loop $words
        (br_if $words_done
          (i32.lt_u (i32.sub (local.get $end) (local.get $at)) (i32.const 4)))
        (local.set $total
          (i64.add (local.get $total) (i64.load32_u align=1 (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (br $words)))
    (if (i32.ge_u (i32.sub (local.get $end) (local.get $at)) (i32.const 2))
      (then
        (local.set $total
          (i64.add (local.get $total) (i64.load16_u align=1 (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 2)))))
    (if (i32.lt_u (local.get $at) (local.get $end))
      (then
        (local.set $total
          (i64.add (local.get $total) (i64.load8_u (local.get $at))))))
    ;; Fold 64 bits to 16: twice 32 + 32, then three times 16 + 16.
    (local.set $total (i64.add
      (i64.and (local.get $total) (i64.const 0xffffffff))
      (i64.shr_u (local.get $total) (i64.const 32))))
    (local.set $total (i64.add
      (i64.and (local.get $total) (i64.const 0xffff))
      (i64.shr_u (local.get $total) (i64.const 16))))
    (local.set $total (i64.add
      (i64.and (local.get $total) (i64.const 0xffff))
      (i64.shr_u (local.get $total) (i64.const 16))))
    (local.set $total (i64.add
      (i64.and (local.get $total) (i64.const 0xffff))
      (i64.shr_u (local.get $total) (i64.const 16))))
    ;; Swap the two bytes into network order, add the initial sum, fold again.
    (local.set $total (i64.add
      (i64.extend_i32_u (local.get $initial))
      (i64.or
        (i64.shl (i64.and (local.get $total) (i64.const 0xff)) (i64.const 8))
        (i64.shr_u (local.get $total) (i64.const 8)))))
    (local.set $total (i64.add
      (i64.and (local.get $total) (i64.const 0xffff))
      (i64.shr_u (local.get $total) (i64.const 16))))
    (local.set $total (i64.add
      (i64.and (local.get $total) (i64.const 0xffff))
      (i64.shr_u (local.get $total) (i64.const 16))))
    (i32.wrap_i64 (i64.add
      (i64.and (local.get $total) (i64.const 0xffff))
      (i64.shr_u (local.get $total) (i64.const 16)))))

  ;; Moves `length` bytes; the ranges may overlap.
  (func (export "copy") (param $to i32) (param $from i32) (param $length i32)
    (memory.copy (local.get $to) (local.get $from) (local.get $length))))
